// SPDX-License-Identifier: Apache-2.0
//
// What a plugin is, without making it.
#include <unistd.h>

#include <cmath>

#include "core/engine.h"
#include "core/places.h"
#include "host/description.h"

namespace stoq {
namespace {

// 1048576 as a size is 1MiB, 86400 as a duration 86400s.
std::string number_text(config::Type type, double value) {
  static constexpr std::pair<double, const char*> kUnits[] = {
      {1 << 10, "KiB"}, {1 << 20, "MiB"}, {1 << 30, "GiB"}, {1e6, "MB"}, {1e9, "GB"}};
  const auto plain = [](double v) {
    return std::abs(v) < 9e15 && v == std::floor(v) ? std::to_string(static_cast<int64_t>(v))
                                                    : Json(v).text();
  };
  if (type == config::Type::duration) return plain(value) + "s";
  std::string shortest = plain(value);
  if (type == config::Type::size)
    for (const auto& [factor, unit] : kUnits)
      if (value >= factor && std::fmod(value, factor) == 0)
        if (std::string text = plain(value / factor) + unit; text.size() < shortest.size())
          shortest = std::move(text);
  return shortest;
}

std::string range_text(const config::OptionSpec& spec) {
  std::string text;
  for (const std::string& choice : spec.choices) text += (text.empty() ? "" : ", ") + choice;
  if (spec.min && spec.max)
    return number_text(spec.type, *spec.min) + " to " + number_text(spec.type, *spec.max);
  if (spec.min) return "at least " + number_text(spec.type, *spec.min);
  if (spec.max) return "at most " + number_text(spec.type, *spec.max);
  return text;
}

OptionDescription describe_option(const config::OptionSpec& spec) {
  OptionDescription option;
  option.name = spec.name;
  option.type = config::type_name(spec.type);
  if (spec.has_default) option.default_text = spec.default_text;
  option.range = range_text(spec);
  option.help = spec.help;
  return option;
}

}  // namespace

PluginDescription Engine::describe(std::string_view name) const {
  PluginDescription d;
  d.name = name;
  const std::shared_ptr<const Generation> now = generation();
  const auto manifest = now->source->manifests().find(name);
  if (manifest == now->source->manifests().end()) {
    const auto object = now->loaded.find(name);
    if (object == now->loaded.end())
      throw StoqPluginNotFound("The plugin \"" + std::string(name) +
                               "\" is invalid or does not exist in your plugin path");
    const PluginInfo& info = object->second->info();
    d.version = info.version;
    d.description = info.description;
    d.classes = info.roles.names();
    d.isolation = "none";
    return d;
  }
  const config::Manifest& m = manifest->second;
  d.version = m.version;
  d.description = m.description;
  d.folder = m.folder;
  for (const config::Role role : m.roles)
    d.classes.emplace_back(kRoleNames[static_cast<size_t>(role)]);
  d.isolation = config::to_string(m.isolation.value_or(config::Isolation::process));
  d.profile = config::to_string(m.profile.value_or(config::Profile::legacy));
  if (const auto configured = now->source->setting(m.name, "isolation"))
    d.isolation = configured->text;
  for (const config::HelperPlace& place : m.helpers)
    d.helpers.push_back({place.name, place.path, access(place.path.c_str(), X_OK) == 0});

  d.python = m.kind == config::ModuleKind::python;
  if (d.python) {  // nothing but its manifest declares them
    for (const auto& [option, entry] : m.options)
      d.options.push_back({option, "text", entry.value, "", ""});
    return d;
  }
  try {
    for (const config::OptionSpec& spec :
         declared_options(host_program(), m.module_path, m.name, now->settings->plugin_deadline))
      d.options.push_back(describe_option(spec));
  } catch (const StoqException& e) {
    d.problem = e.what();
  }
  return d;
}

}  // namespace stoq
