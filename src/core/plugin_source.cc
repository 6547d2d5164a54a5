// SPDX-License-Identifier: Apache-2.0
#include "core/plugin_source.h"

#include <filesystem>

#include "config/nearest.h"
#include "config/version.h"
#include "core/places.h"
#include "loader/native.h"
#include "loader/object.h"

namespace stoq {
namespace {

// What stands in a plugin's section of stoq.cfg for the engine, not for the plugin.
constexpr std::string_view kEngineOptions[] = {
    "isolation",     "deadline",         "instances",    "memory",
    "tmp_size",      "required_workers", "sandbox_read", "sandbox_write",
    "sandbox_calls", "sandbox_network",  "sandbox_ports"};

}  // namespace

PluginSource::PluginSource(std::shared_ptr<const Settings> settings,
                           std::shared_ptr<RootTemplate> root, std::shared_ptr<RootTemplate> python,
                           Logger& logger, MakePlugin make, std::vector<std::string>& warnings)
    : settings_(std::move(settings)),
      logger_(logger),
      make_(std::move(make)),
      manifests_(config::discover(settings_->plugin_dirs, warnings)),
      hosts_(
          std::move(root),
          {.sandbox = {},
           .calls = settings_->host_calls,
           .max_result = settings_->max_result_size,
           .load_deadline = settings_->plugin_deadline},
          [&logger](LogLevel level, std::string_view plugin, std::string_view line) {
            logger.log(level, line, "stoq." + std::string(plugin));
          },
          [this](const sandbox::Missing& missing) { lacks(missing); }, std::move(python)) {
  warn_of_strangers(warnings);
}

// Sections and options for plugins that are not there.
void PluginSource::warn_of_strangers(std::vector<std::string>& warnings) const {
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

PluginSpec PluginSource::spec_of(const config::Manifest& m) const {
  PluginSpec spec;
  spec.name = m.name;
  spec.manifest = m.file;
  spec.module = m.module_path;
  spec.folder = m.folder;
  spec.version = m.version;
  spec.description = m.description;
  spec.options.engine["durable"] = {settings_->spool.durable ? "true" : "false", "[core] durable"};
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
  // What is written in Python reads whatever it likes of the payload's earlier results.
  if (m.kind == config::ModuleKind::python && spec.results.empty()) spec.results = {"*"};
  spec.log_level = logger_.level();
  spec.required = m.required_workers;
  spec.helpers = m.helpers;
  if (m.state && !settings_->state_dir.empty()) spec.state = settings_->state_dir + "/" + m.name;
  spec.extracts = m.extracts.value_or(true);
  spec.changes_request = m.changes_request.value_or(true);
  spec.changes_payload = m.changes_payload.value_or(true);
  spec.ancestors = m.ancestors;
  return spec;
}

// What arguments, or else stoq.cfg, say of a plugin, over its manifest.
std::optional<config::Source> PluginSource::setting(const std::string& plugin,
                                                    const char* name) const {
  if (const auto at = settings_->plugin_opts.find(plugin); at != settings_->plugin_opts.end())
    if (const auto option = at->second.find(name); option != at->second.end())
      return config::Source{option->second, "plugin_opts"};
  const config::Layer layer = config::layer_of(settings_->file, plugin);
  if (const auto option = layer.find(name); option != layer.end()) return option->second;
  return std::nullopt;
}

std::shared_ptr<Instance> PluginSource::get(std::string_view name) {
  const std::lock_guard lock(mutex_);
  if (const auto at = made_.find(name); at != made_.end())
    if (std::shared_ptr<Instance> instance = at->second.lock()) return instance;
  if (const auto at = failed_.find(name); at != failed_.end())
    throw StoqPluginException(at->second);
  const auto manifest = manifests_.find(name);
  try {
    std::shared_ptr<Instance> instance = of_the_program(name);
    if (!instance && manifest != manifests_.end()) instance = instantiate(manifest->second);
    if (instance) {
      for (const std::string& problem : instance->info().problems)
        logger_.log(LogLevel::warning, problem, "stoq." + std::string(name));
      made_.insert_or_assign(std::string(name), instance);
      return instance;
    }
  } catch (const std::exception& e) {
    const std::string text =
        "plugin '" + std::string(name) + "'" +
        (manifest == manifests_.end() ? "" : " (" + manifest->second.file + ")") +
        " cannot be loaded: " + e.what();
    failed_.emplace(std::string(name), text);
    STOQ_LOG(logger_, LogLevel::error, text);
    throw StoqPluginException(text);
  }
  throw StoqPluginNotFound("The plugin \"" + std::string(name) +
                           "\" is invalid or does not exist in your plugin path");
}

// The object that the program has for that name, if it has one.
std::shared_ptr<Instance> PluginSource::of_the_program(std::string_view name) const {
  MadePlugin made = make_ ? make_(std::string(name)) : MadePlugin{};
  if (!made.plugin) return nullptr;
  return make_object_instance(std::string(name), std::move(made.plugin), std::move(made.traits));
}

std::shared_ptr<Instance> PluginSource::instantiate(const config::Manifest& m) {
  if (const auto order = config::compare_versions(m.min_stoq_version, kVersion);
      !m.min_stoq_version.empty() && order && *order > 0)
    STOQ_LOG(logger_, LogLevel::warning,
             "Plugin " + m.name +
                 " not compatible with this version of stoQ. Unpredictable results may occur!");

  PluginSpec spec = spec_of(m);
  if (const auto v = engine_option(m.name, "required_workers", {.type = config::Type::list}))
    spec.required = std::get<std::vector<std::string>>(*v);
  if (std::error_code ec; !spec.state.empty()) {
    std::filesystem::create_directories(spec.state, ec);
    if (ec) {
      STOQ_LOG(logger_, LogLevel::info,
               "plugin " + m.name + " gets no directory for its state: " + spec.state + ": " +
                   ec.message() + " (set state_dir)");
      spec.state.clear();
    }
  }
  if (const auto policy = isolation_of(m, spec)) return hosts_.load(spec, *policy);
  return load_native(
      spec, [&logger = logger_, name = "stoq." + m.name](LogLevel level, std::string_view line) {
        logger.log(level, line, name);
      });
}

}  // namespace stoq
