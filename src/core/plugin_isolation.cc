// SPDX-License-Identifier: Apache-2.0
//
// How plugins are kept apart: what their manifests say, and stoq.cfg over it.
#include <cstdlib>

#include "core/places.h"
#include "core/plugin_source.h"
#include "sandbox/filter.h"

namespace stoq {
namespace {

constexpr double kTera = 1ull << 40;

// Of the engine's environment, what programs look for.
std::vector<std::string> environment_of_legacy() {
  std::vector<std::string> kept;
  for (const char* name : {"PATH", "HOME", "LANG"})
    if (const char* value = std::getenv(name)) kept.push_back(std::string(name) + "=" + value);
  return kept;
}

// Files that somebody who configures names for a plugin are meant to be read by it.
void add_named_files(const config::OptionLayers& options, std::vector<std::string>& read) {
  for (const config::Layer* layer : {&options.manifest, &options.config, &options.arguments})
    for (const auto& [name, source] : *layer)
      if (source.text.size() > 1 && source.text[0] == '/') read.push_back(source.text);
}

}  // namespace

std::optional<config::Value> PluginSource::engine_option(const std::string& plugin,
                                                         const char* name,
                                                         config::OptionSpec spec) const {
  const std::optional<config::Source> source = setting(plugin, name);
  if (!source) return std::nullopt;
  spec.name = name;
  config::Parsed parsed = config::parse_value(source->text, spec);
  if (!parsed.error.empty()) bad_option(plugin, name, parsed.error);
  return std::move(parsed.value);
}

void PluginSource::bad_option(const std::string& plugin, const char* name,
                              const std::string& problem) const {
  const std::optional<config::Source> source = setting(plugin, name);
  throw StoqPluginException((source ? source->where + ": " : std::string()) + "option '" + name +
                            "' of plugin '" + plugin + "': " + problem);
}

std::optional<IsolationPolicy> PluginSource::isolation_of(const config::Manifest& m,
                                                          const PluginSpec& spec) const {
  config::Isolation isolation = m.isolation.value_or(config::Isolation::process);
  if (const auto v =
          engine_option(m.name, "isolation",
                        {.type = config::Type::text, .choices = {"none", "process", "fresh"}})) {
    const std::string& word = std::get<std::string>(*v);
    isolation = word == "none"    ? config::Isolation::none
                : word == "fresh" ? config::Isolation::fresh
                                  : config::Isolation::process;
  }
  IsolationPolicy policy;
  policy.python = m.kind == config::ModuleKind::python;
  if (isolation == config::Isolation::none) {
    if (policy.python)
      throw StoqPluginException(
          "isolation = none is not for plugins written in Python, which run in host processes; use "
          "process or fresh");
    return std::nullopt;
  }
  policy.deadline = m.deadline.value_or(settings_->plugin_deadline);
  if (const auto v = engine_option(m.name, "deadline",
                                   {.type = config::Type::duration, .min = 0.001, .max = 86'400}))
    policy.deadline = std::get<double>(*v);
  else if (policy.python && !m.deadline)
    policy.worker_deadline = settings_->request_deadline;
  const auto instances =
      engine_option(m.name, "instances", {.type = config::Type::integer, .min = 1, .max = 1024});
  policy.single = (instances ? std::get<int64_t>(*instances) : m.instances.value_or(0)) == 1;
  policy.fresh = isolation == config::Isolation::fresh;
  policy.marked = m.profile.has_value();
  describe_sandbox(m, spec, policy.sandbox);
  // Bundled parsers of one profile trust each other; whatever else there is has hosts of its own.
  const bool bundled = m.folder.starts_with(installed_plugin_dir() + "/");
  policy.trust = std::string(config::to_string(policy.sandbox.profile)) +
                 (bundled && !policy.python && policy.sandbox.profile == config::Profile::compute
                      ? ""
                      : "/" + m.name);
  return policy;
}

void PluginSource::describe_sandbox(const config::Manifest& m, const PluginSpec& spec,
                                    sandbox::Spec& sandbox) const {
  const auto integer = [&](const char* name, config::OptionSpec option, uint64_t otherwise) {
    const auto value = engine_option(m.name, name, std::move(option));
    return value ? static_cast<uint64_t>(std::get<int64_t>(*value)) : otherwise;
  };
  const auto list = [&](const char* name) {
    const auto value = engine_option(m.name, name, {.type = config::Type::list});
    return value ? std::get<std::vector<std::string>>(*value) : std::vector<std::string>{};
  };
  sandbox.profile = m.profile.value_or(config::Profile::legacy);
  sandbox.memory = integer("memory", {.type = config::Type::size, .min = 1 << 20, .max = kTera},
                           m.memory ? static_cast<uint64_t>(*m.memory) : settings_->plugin_memory);
  sandbox.confined = settings_->sandbox != Settings::Sandbox::no;
  if (!sandbox.confined) return;
  sandbox.tmp = integer("tmp_size", {.type = config::Type::size, .min = 1 << 16, .max = kTera},
                        settings_->tmp_size);
  sandbox.tmp_place = host_tmp_place();
  sandbox.read = list("sandbox_read");
  add_named_files(spec.options, sandbox.read);
  sandbox.write = list("sandbox_write");
  for (const std::string& path : sandbox.write)
    if (!path.starts_with('/'))
      bad_option(m.name, "sandbox_write", path + " is not an absolute path; write it in full");
  sandbox.calls = list("sandbox_calls");
  for (const std::string& call : sandbox.calls)
    if (!sandbox::is_call(call))
      bad_option(m.name, "sandbox_calls", "this kernel has no system call '" + call + "'");
  sandbox.network = sandbox.profile == config::Profile::network;
  if (sandbox.profile == config::Profile::legacy) {
    sandbox.network = true;
    sandbox.environment = environment_of_legacy();
  }
  if (const auto value = engine_option(m.name, "sandbox_network", {.type = config::Type::boolean}))
    sandbox.network = std::get<bool>(*value);
  if (!setting(m.name, "sandbox_ports")) sandbox.ports = m.ports;
  for (const std::string& text : list("sandbox_ports"))
    if (const std::optional<uint16_t> port = config::read_port(text))
      sandbox.ports.push_back(*port);
    else
      bad_option(m.name, "sandbox_ports",
                 "'" + text + "' is no TCP port; write a number from 1 to 65535");
}

void PluginSource::lacks(const sandbox::Missing& missing) {
  std::string fresh;
  {
    const std::lock_guard lock(lacking_mutex_);
    for (const std::string& line : missing)
      if (lacking_.insert(line).second) fresh += (fresh.empty() ? "" : "; ") + line;
  }
  if (settings_->sandbox == Settings::Sandbox::require) {
    std::string all;
    for (const std::string& line : missing) all += (all.empty() ? "" : "; ") + line;
    throw StoqPluginException(
        "the sandbox is not whole on this machine, and stoq.cfg says sandbox = "
        "require: " +
        all);
  }
  if (!fresh.empty())
    STOQ_LOG(logger_, LogLevel::warning,
             "The sandbox of host processes is not whole on this machine: " + fresh +
                 " (stoq doctor tells more; sandbox = require in [core] makes this an error)");
}

}  // namespace stoq
