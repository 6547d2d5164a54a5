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

#include "core/fork.h"
#include "core/places.h"
#include "core/silent_reply.h"
#include "loader/object.h"

namespace stoq {

Engine::Engine(StoqOptions options)
    : options_(std::move(options)),
      settings_(std::make_shared<const Settings>(load_settings(options_, start_warnings_))),
      logger_(*settings_, options_.log_sink),
      store_(settings_->store),
      spool_(settings_->spool),
      quarantine_([this](const std::string& line) { STOQ_LOG(logger_, LogLevel::warning, line); }),
      root_(std::make_shared<RootTemplate>(host_program())),
      python_root_(std::make_shared<RootTemplate>(python_host_program())),
      pool_(settings_->threads) {
  make_process_statics();
  // Read again from where it was found now, wherever the program goes.
  options_.base_dir = settings_->base_dir;
  if (options_.config_file)
    options_.config_file = std::filesystem::absolute(*options_.config_file).string();
  for (std::string& dir : options_.plugin_dir_list) dir = std::filesystem::absolute(dir).string();
  std::vector<std::string> warnings = std::move(start_warnings_);
  if (!settings_->log_dir.empty() && !options_.log_sink)
    STOQ_LOG(logger_, LogLevel::debug, "Writing logs to " + settings_->log_dir);
  auto source = std::make_shared<PluginSource>(settings_, root_, python_root_, logger_,
                                               options_.make_plugin, warnings);
  for (const std::string& warning : warnings) STOQ_LOG(logger_, LogLevel::warning, warning);
  generation_.set(assemble(std::move(source)));
}

Engine::~Engine() = default;

std::shared_ptr<const Generation> Engine::generation() const {
  return generation_.get();
}

std::shared_ptr<Generation> Engine::assemble(std::shared_ptr<PluginSource> source) {
  auto generation = std::make_shared<Generation>();
  Generation& g = *generation;
  g.settings = source->settings();
  g.source = std::move(source);
  const Settings& settings = *g.settings;
  const auto load = [&](const std::string& name) {
    std::shared_ptr<Instance> instance = g.source->get(name);
    g.loaded.emplace(name, instance);
    return instance;
  };
  const auto fill = [&](const Names& names, Instances& into, Role role, const char* what) {
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
  fill(settings.providers, g.providers, Role::provider, "provider");
  fill(settings.source_archivers, g.source_archivers, Role::archiver, "source archiver");
  fill(settings.dest_archivers, g.dest_archivers, Role::archiver, "destination archiver");
  fill(settings.connectors, g.connectors, Role::connector, "connector");
  fill(settings.dispatchers, g.dispatchers, Role::dispatcher, "dispatcher");
  fill(settings.deep_dispatchers, g.deep_dispatchers, Role::deep_dispatcher, "deep dispatcher");
  fill(settings.decorators, g.decorators, Role::decorator, "decorator");
  Instances always;
  if (settings.always_dispatch_configured) {
    fill(settings.always_dispatch, always, Role::worker, "worker");
  } else {
    for (const std::string& name : settings.always_dispatch) try {
        load(name);
      } catch (const StoqPluginException&) {  // an error of each payload, not of the start
      }
  }
  g.find_serial();
  return generation;
}

std::shared_ptr<Instance> Engine::load(std::string_view name) {
  const std::lock_guard lock(load_mutex_);
  const std::shared_ptr<const Generation> now = generation_.get();
  if (const auto at = now->loaded.find(name); at != now->loaded.end()) return at->second;
  std::shared_ptr<Instance> instance = now->source->get(name);
  auto next = std::make_shared<Generation>(*now);
  next->loaded.emplace(std::string(name), instance);
  next->find_serial();
  generation_.set(std::move(next));
  return instance;
}

std::shared_ptr<Instance> Engine::worker(const Generation& generation, std::string_view name) {
  const auto known = [&](const Generation& g) -> std::shared_ptr<Instance> {
    const auto at = g.loaded.find(name);
    return at == g.loaded.end() ? nullptr : at->second;
  };
  std::shared_ptr<Instance> instance = known(generation);
  if (!instance) {
    // Loaded by another request meanwhile; or nothing of what is in force now, after a reload.
    const std::shared_ptr<const Generation> now = generation_.get();
    const bool same = now->source == generation.source;
    instance = same ? known(*now) : generation.source->get(name);
    if (!instance) instance = load(name);
  }
  if (!instance->info().roles.has(Role::worker))
    throw StoqPluginException("plugin '" + std::string(name) + "' is no worker");
  return instance;
}

void Engine::add(std::string name, std::shared_ptr<Plugin> plugin, PluginTraits traits) {
  if (!plugin) throw StoqPluginException("add_plugin: there is no object for '" + name + "'");
  if (const std::string problem = config::name_problem(name); !problem.empty())
    throw StoqPluginException("add_plugin: " + problem);
  const bool archives = traits.archives;
  Added added{make_object_instance(name, std::move(plugin), std::move(traits)), archives};
  const std::lock_guard lock(load_mutex_);
  auto next = std::make_shared<Generation>(*generation_.get());
  put(*next, added);
  std::erase_if(added_, [&](const Added& a) { return a.instance->info().name == name; });
  added_.push_back(std::move(added));
  generation_.set(std::move(next));
}

// Where an instance of that name serves already, the new one takes its place; what it can do beyond
// being called by name, it does.
void Engine::put(Generation& generation, const Added& added) {
  const std::shared_ptr<Instance>& instance = added.instance;
  const std::string& name = instance->info().name;
  const auto take = [&](Instances& list, Role role, bool always) {
    std::erase_if(list, [&](const auto& i) { return i->info().name == name; });
    if (instance->info().roles.has(role) && always) list.push_back(instance);
  };
  take(generation.providers, Role::provider, true);
  take(generation.connectors, Role::connector, true);
  take(generation.decorators, Role::decorator, true);
  take(generation.dispatchers, Role::dispatcher, true);
  take(generation.deep_dispatchers, Role::deep_dispatcher, true);
  take(generation.source_archivers, Role::archiver, true);
  take(generation.dest_archivers, Role::archiver, added.archives);
  generation.loaded[name] = instance;
  generation.find_serial();
}

void Engine::change(const Changes& changes) {
  const std::lock_guard lock(load_mutex_);
  auto next = std::make_shared<Generation>(*generation_.get());
  auto settings = std::make_shared<Settings>(*next->settings);
  if (changes.max_recursion) settings->max_recursion = *changes.max_recursion;
  if (changes.max_dispatch_passes) settings->max_dispatch_passes = *changes.max_dispatch_passes;
  if (changes.always_dispatch) settings->always_dispatch = *changes.always_dispatch;
  next->settings = std::move(settings);
  generation_.set(std::move(next));
}

std::map<std::string, PluginListing> Engine::list() {
  std::map<std::string, PluginListing> listing;
  const std::shared_ptr<PluginSource> source = generation()->source;
  for (const auto& [name, manifest] : source->manifests()) {
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

Engine::FileContent Engine::read_file(int fd, const Settings& settings,
                                      const std::atomic<bool>* stop) {
  FileContent file;
  struct stat st {};
  if (fstat(fd, &st) != 0) {
    file.problem = std::string("cannot look at it: ") + std::strerror(errno);
    return file;
  }
  const uint64_t most = settings.extraction.payload;
  const auto expected = static_cast<uint64_t>(std::max<off_t>(0, st.st_size));
  if (expected <= most) {
    Store::Writer writer(store_, expected);
    if (!writer.append_file(fd, most + 1)) {
      file.problem = writer.problem();
      file.full = writer.full();
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
  using Clock = std::chrono::steady_clock;
  const std::chrono::duration<double> most_time(settings.request_deadline);
  const auto begin = Clock::now();
  for (ssize_t n; (n = read(fd, chunk.data(), chunk.size())) != 0;) {
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      file.problem = std::string("cannot read: ") + std::strerror(errno);
      return file;
    }
    hash.update({chunk.data(), static_cast<size_t>(n)});
    file.size += static_cast<uint64_t>(n);
    if (stop && *stop)
      file.problem = kCutShort;
    else if (Clock::now() - begin > most_time)
      file.problem =
          "it is larger than max_payload_size, and could not be hashed within "
          "request_deadline = " +
          Json(settings.request_deadline).text() + " s; raise that";
    if (!file.problem.empty()) return file;
  }
  file.sha256 = hash.finish();
  file.content = Content(nullptr, file.size);  // known by its size and digest only
  return file;
}

std::shared_ptr<Scan> Engine::new_scan(std::shared_ptr<const Generation> generation, Payload root,
                                       const ScanOptions& options) {
  RequestMeta meta = options.request_meta ? *options.request_meta : RequestMeta{};
  const uint64_t size = root.size(), most = generation->settings->extraction.payload;
  ScanContext context{std::move(generation), *this, store_, pool_, quarantine_};
  auto scan = std::make_shared<Scan>(std::move(context), std::move(root), std::move(meta),
                                     options.add_start_dispatch, options.add_start_deep_dispatch);
  if (size > most) scan->withhold_root(size);
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
  static constinit Clock::time_point next;
  Clock::time_point mine;
  {
    const auto lock = process_lock();
    mine = std::max(next, Clock::now());
    next = mine + gap;
  }
  std::this_thread::sleep_until(mine);
}

}  // namespace stoq
