// SPDX-License-Identifier: Apache-2.0
#include "core/engine.h"

#include <sys/stat.h>

#include <unistd.h>
#include <algorithm>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <thread>

#include "config/nearest.h"
#include "config/version.h"
#include "core/places.h"
#include "loader/native.h"
#include "loader/object.h"

namespace stoq {
namespace {

// What stands in a plugin's section of stoq.cfg for the engine, not for the plugin.
constexpr std::string_view kEngineOptions[] = {"isolation", "deadline", "memory",
                                               "required_workers"};

}  // namespace

Engine::Engine(StoqOptions options)
    : settings_(std::make_shared<const Settings>(load_settings(options, start_warnings_))),
      logger_(*settings_, options.log_sink),
      store_(settings_->store),
      hosts_(host_program(),
             {.memory = settings_->plugin_memory,
              .max_result = settings_->max_result_size,
              .max_depth = settings_->max_result_depth,
              .load_deadline = settings_->plugin_deadline},
             [this](LogLevel level, std::string_view plugin, std::string_view line) {
               logger_.log(level, line, "stoq." + std::string(plugin));
             }),
      pool_(settings_->threads) {
  std::vector<std::string> warnings = std::move(start_warnings_);
  if (!settings_->log_dir.empty() && !options.log_sink)
    STOQ_LOG(logger_, LogLevel::debug, "Writing logs to " + settings_->log_dir);
  manifests_ = config::discover(settings_->plugin_dirs, warnings);
  warn_of_strangers(warnings);
  for (const std::string& warning : warnings) STOQ_LOG(logger_, LogLevel::warning, warning);

  auto first = std::make_shared<Generation>();
  first->settings = settings_;
  generation_.set(first);
  auto generation = std::make_shared<Generation>(*first);
  load_roles(*generation);
  generation->loaded = generation_.get()->loaded;
  generation_.set(std::move(generation));
}

// Sections and options for plugins that are not there.
void Engine::warn_of_strangers(std::vector<std::string>& warnings) const {
  std::vector<std::string> known;
  for (const auto& [name, manifest] : manifests_) known.push_back(name);
  const auto check = [&](const std::string& name, const std::string& where) {
    if (manifests_.find(name) == manifests_.end())
      warnings.push_back(where + ": there is no plugin '" + name + "'" +
                         config::did_you_mean(name, known) + "; its options are ignored");
  };
  for (const std::string& section : settings_->file.sections())
    if (section != "core") check(section, settings_->file.file());
  for (const auto& [name, options] : settings_->plugin_opts) check(name, "plugin_opts");
}

Engine::~Engine() = default;

std::shared_ptr<const Generation> Engine::generation() const {
  return generation_.get();
}

void Engine::load_roles(Generation& g) {
  const auto fill = [this](const Names& names, Instances& into, Role role, const char* what) {
    for (const std::string& name : names) {
      std::shared_ptr<Instance> instance = load(name);
      if (!instance->info().roles.has(role))
        throw StoqPluginException("plugin '" + name + "' is named as a " + what +
                                  " but is none; it is: " + [&] {
                                    std::string text;
                                    for (const std::string& r : instance->info().roles.names())
                                      text += (text.empty() ? "" : ", ") + r;
                                    return text;
                                  }());
      into.push_back(std::move(instance));
    }
  };
  fill(settings_->providers, g.providers, Role::provider, "provider");
  fill(settings_->source_archivers, g.source_archivers, Role::archiver, "source archiver");
  fill(settings_->dest_archivers, g.dest_archivers, Role::archiver, "destination archiver");
  fill(settings_->connectors, g.connectors, Role::connector, "connector");
  fill(settings_->dispatchers, g.dispatchers, Role::dispatcher, "dispatcher");
  fill(settings_->deep_dispatchers, g.deep_dispatchers, Role::deep_dispatcher, "deep dispatcher");
  fill(settings_->decorators, g.decorators, Role::decorator, "decorator");
  Instances always;
  if (settings_->always_dispatch_configured) {
    fill(settings_->always_dispatch, always, Role::worker, "worker");
  } else {
    for (const std::string& name : settings_->always_dispatch) try {
        load(name);
      } catch (const StoqPluginException&) {  // an error of each payload, not of the start
      }
  }
}

PluginSpec Engine::spec_of(const config::Manifest& m) const {
  PluginSpec spec;
  spec.name = m.name;
  spec.module = m.module_path;
  spec.folder = m.folder;
  spec.version = m.version;
  spec.description = m.description;
  spec.options.manifest = config::layer_of(m.options, m.file);
  spec.options.config = config::layer_of(settings_->file, m.name);
  for (const std::string_view engine_option : kEngineOptions)
    spec.options.config.erase(std::string(engine_option));
  if (const auto at = settings_->plugin_opts.find(m.name); at != settings_->plugin_opts.end())
    for (const auto& [name, text] : at->second)
      spec.options.arguments[name] = {text, "plugin_opts"};
  for (const std::string_view engine_option : kEngineOptions)
    spec.options.arguments.erase(std::string(engine_option));
  spec.results = m.results;
  spec.required = m.required_workers;
  spec.helpers = m.helpers;
  if (m.state && !settings_->state_dir.empty()) spec.state = settings_->state_dir + "/" + m.name;
  spec.extracts = m.extracts.value_or(true);
  spec.changes_request = m.changes_request.value_or(true);
  spec.ancestors = m.ancestors;
  return spec;
}

// What arguments, or else stoq.cfg, say of a plugin, over its manifest.
std::optional<config::Source> Engine::setting(const std::string& plugin, const char* name) const {
  if (const auto at = settings_->plugin_opts.find(plugin); at != settings_->plugin_opts.end())
    if (const auto option = at->second.find(name); option != at->second.end())
      return config::Source{option->second, "plugin_opts"};
  const config::Layer layer = config::layer_of(settings_->file, plugin);
  if (const auto option = layer.find(name); option != layer.end()) return option->second;
  return std::nullopt;
}

std::shared_ptr<Instance> Engine::instantiate(const config::Manifest& m) {
  if (m.kind != config::ModuleKind::native)
    throw StoqPluginException("it is a Python plugin; this version of stoQ runs native ones only");
  if (const auto order = config::compare_versions(m.min_stoq_version, kVersion);
      !m.min_stoq_version.empty() && order && *order > 0)
    STOQ_LOG(logger_, LogLevel::warning,
             "Plugin " + m.name +
                 " not compatible with this version of stoQ. Unpredictable results may occur!");

  const auto value = [&](const char* name,
                         config::OptionSpec spec) -> std::optional<config::Value> {
    const std::optional<config::Source> source = setting(m.name, name);
    if (!source) return std::nullopt;
    spec.name = name;
    config::Parsed parsed = config::parse_value(source->text, spec);
    if (!parsed.error.empty())
      throw StoqPluginException(source->where + ": option '" + name + "' of plugin '" + m.name +
                                "': " + parsed.error);
    return std::move(parsed.value);
  };
  config::Isolation isolation = m.isolation.value_or(config::Isolation::process);
  if (const auto v = value("isolation",
                           {.type = config::Type::text, .choices = {"none", "process", "fresh"}})) {
    const std::string& word = std::get<std::string>(*v);
    isolation = word == "none"    ? config::Isolation::none
                : word == "fresh" ? config::Isolation::fresh
                                  : config::Isolation::process;
  }
  IsolationPolicy policy;
  policy.deadline = m.deadline.value_or(settings_->plugin_deadline);
  if (const auto v =
          value("deadline", {.type = config::Type::duration, .min = 0.001, .max = 86'400}))
    policy.deadline = std::get<double>(*v);
  policy.memory = m.memory ? static_cast<uint64_t>(*m.memory) : settings_->plugin_memory;
  if (const auto v = value("memory", {.type = config::Type::size, .min = 1 << 20}))
    policy.memory = static_cast<uint64_t>(std::get<int64_t>(*v));
  policy.fresh = isolation == config::Isolation::fresh;
  const config::Profile profile = m.profile.value_or(config::Profile::legacy);
  // Bundled parsers of one profile trust each other; whatever else there is has hosts of its own.
  const bool bundled = m.folder.starts_with(installed_plugin_dir() + "/");
  policy.trust = std::string(config::to_string(profile)) +
                 (bundled && profile == config::Profile::compute ? "" : "/" + m.name);

  PluginSpec spec = spec_of(m);
  if (const auto v = value("required_workers", {.type = config::Type::list}))
    spec.required = std::get<std::vector<std::string>>(*v);
  if (std::error_code ec; !spec.state.empty()) {
    std::filesystem::create_directories(spec.state, ec);
    if (ec) {
      STOQ_LOG(logger_, LogLevel::warning,
               "plugin " + m.name + " gets no directory for its state: " + spec.state + ": " +
                   ec.message() + " (set state_dir)");
      spec.state.clear();
    }
  }
  if (isolation != config::Isolation::none) return hosts_.load(spec, policy);
  return load_native(spec, [this, name = "stoq." + m.name](LogLevel level, std::string_view line) {
    logger_.log(level, line, name);
  });
}

std::shared_ptr<Instance> Engine::load(std::string_view name) {
  const std::lock_guard lock(load_mutex_);
  const std::shared_ptr<const Generation> now = generation_.get();
  if (const auto at = now->loaded.find(name); at != now->loaded.end()) return at->second;
  if (const auto at = failed_.find(name); at != failed_.end())
    throw StoqPluginException(at->second);
  const auto manifest = manifests_.find(name);
  if (manifest == manifests_.end())
    throw StoqPluginNotFound("The plugin \"" + std::string(name) +
                             "\" is invalid or does not exist in your plugin path");
  std::shared_ptr<Instance> instance;
  try {
    instance = instantiate(manifest->second);
  } catch (const std::exception& e) {
    const std::string text = "plugin '" + std::string(name) + "' (" + manifest->second.file +
                             ") cannot be loaded: " + e.what();
    failed_.emplace(std::string(name), text);
    STOQ_LOG(logger_, LogLevel::error, text);
    throw StoqPluginException(text);
  }
  auto next = std::make_shared<Generation>(*now);
  next->loaded.emplace(std::string(name), instance);
  generation_.set(std::move(next));
  return instance;
}

std::shared_ptr<Instance> Engine::worker(const Generation& generation, std::string_view name) {
  const auto known = [&](const Generation& g) -> std::shared_ptr<Instance> {
    const auto at = g.loaded.find(name);
    return at == g.loaded.end() ? nullptr : at->second;
  };
  std::shared_ptr<Instance> instance = known(generation);
  if (!instance) instance = known(*generation_.get());  // loaded by another request meanwhile
  if (!instance) instance = load(name);
  if (!instance->info().roles.has(Role::worker))
    throw StoqPluginException("plugin '" + std::string(name) + "' is no worker");
  return instance;
}

void Engine::add(std::string name, std::shared_ptr<Plugin> plugin, PluginTraits traits) {
  if (!plugin) throw StoqPluginException("add_plugin: there is no object for '" + name + "'");
  if (const std::string problem = config::name_problem(name); !problem.empty())
    throw StoqPluginException("add_plugin: " + problem);
  const bool archives = traits.archives;
  std::shared_ptr<Instance> instance =
      make_object_instance(name, std::move(plugin), std::move(traits));
  const std::lock_guard lock(load_mutex_);
  auto next = std::make_shared<Generation>(*generation_.get());
  // Where an instance of that name serves already, the new one takes its place; what it can do
  // beyond being called by name, it does.
  const auto take = [&](Instances& list, Role role, bool always) {
    std::erase_if(list, [&](const auto& i) { return i->info().name == name; });
    if (instance->info().roles.has(role) && always) list.push_back(instance);
  };
  take(next->providers, Role::provider, true), take(next->connectors, Role::connector, true),
      take(next->decorators, Role::decorator, true);
  take(next->dispatchers, Role::dispatcher, true),
      take(next->deep_dispatchers, Role::deep_dispatcher, true);
  take(next->source_archivers, Role::archiver, true),
      take(next->dest_archivers, Role::archiver, archives);
  next->loaded[name] = instance;
  next->serial = std::any_of(next->loaded.begin(), next->loaded.end(),
                             [](const auto& entry) { return entry.second->info().serial; });
  failed_.erase(name);
  generation_.set(std::move(next));
}

std::map<std::string, PluginListing> Engine::list() {
  std::map<std::string, PluginListing> listing;
  for (const auto& [name, manifest] : manifests_) {
    PluginListing& entry = listing[name];
    entry.version = manifest.version;
    entry.description = manifest.description;
    if (!manifest.roles.empty()) {  // known without running any code
      for (const config::Role role : manifest.roles)
        entry.classes.emplace_back(kRoleNames[static_cast<size_t>(role)]);
      continue;
    }
    try {
      entry.classes = load(name)->info().roles.names();
    } catch (const StoqPluginException& e) {
      entry.problem = e.what();
    }
  }
  for (const auto& [name, instance] : generation()->loaded) {
    if (listing.find(name) != listing.end()) continue;
    listing[name] = {instance->info().roles.names(), instance->info().version,
                     instance->info().description, ""};
  }
  return listing;
}

Engine::FileContent Engine::read_file(int fd) {
  FileContent file;
  struct stat st {};
  if (fstat(fd, &st) != 0) {
    file.problem = std::string("cannot look at it: ") + std::strerror(errno);
    return file;
  }
  const uint64_t most = settings_->extraction.payload;
  const auto expected = static_cast<uint64_t>(std::max<off_t>(0, st.st_size));
  if (expected <= most) {
    Store::Writer writer(store_, expected);
    if (!writer.append_file(fd, most + 1)) {
      file.problem = writer.problem();
      return file;
    }
    file.size = writer.size();
    if (file.size <= most) {
      file.content = writer.finish(file.sha256);
      return file;
    }
    lseek(fd, 0, SEEK_SET);  // it has grown meanwhile
  }
  file.too_large = true;
  Sha256Stream hash;
  std::vector<uint8_t> chunk(256 << 10);
  file.size = 0;
  for (ssize_t n; (n = read(fd, chunk.data(), chunk.size())) != 0;) {
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      file.problem = std::string("cannot read: ") + std::strerror(errno);
      return file;
    }
    hash.update({chunk.data(), static_cast<size_t>(n)});
    file.size += static_cast<uint64_t>(n);
  }
  file.sha256 = hash.finish();
  file.content = Content(nullptr, file.size);  // known by its size and digest only
  return file;
}

std::shared_ptr<Scan> Engine::new_scan(std::shared_ptr<const Generation> generation, Payload root,
                                       const ScanOptions& options) {
  RequestMeta meta = options.request_meta ? *options.request_meta : RequestMeta{};
  ScanContext context{std::move(generation), *this, store_, pool_};
  const uint64_t size = root.size();
  auto scan = std::make_shared<Scan>(std::move(context), std::move(root), std::move(meta),
                                     options.add_start_dispatch, options.add_start_deep_dispatch);
  if (size > settings_->extraction.payload) scan->withhold_root(size);
  return scan;
}

void wait_for_rate(std::string_view ratelimit) {
  if (ratelimit.empty()) return;
  using Clock = std::chrono::steady_clock;
  const size_t slash = ratelimit.find('/');
  const auto number = [&](std::string_view text) {
    const config::Parsed parsed =
        config::parse_value(text, {.type = config::Type::number, .min = 1e-6, .max = 1e9});
    if (!parsed.error.empty())
      throw StoqException("ratelimit '" + std::string(ratelimit) +
                          "': write count/seconds, such as 10/60");
    return std::get<double>(parsed.value);
  };
  const double count = number(ratelimit.substr(0, slash)),
               seconds = slash == ratelimit.npos ? 1 : number(ratelimit.substr(slash + 1));
  const auto gap =
      std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds / count));
  static std::mutex mutex;
  static Clock::time_point next;
  Clock::time_point mine;
  {
    const std::lock_guard lock(mutex);
    mine = std::max(next, Clock::now());
    next = mine + gap;
  }
  std::this_thread::sleep_until(mine);
}

}  // namespace stoq
