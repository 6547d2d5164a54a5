// SPDX-License-Identifier: Apache-2.0
#include "config/layers.h"

#include <algorithm>
#include <utility>

#include "config/nearest.h"
#include "config/text.h"

namespace stoq::config {
namespace {

std::vector<std::string> known_names(const std::vector<OptionSpec>& specs, const Layer& manifest) {
  std::vector<std::string> names;
  for (const OptionSpec& spec : specs) names.push_back(lower(spec.name));
  if (!specs.empty()) return names;
  for (const auto& [name, source] : manifest) names.push_back(name);
  return names;
}

}  // namespace

Layer layer_of(const Options& options, std::string_view file) {
  Layer layer;
  for (const auto& [name, entry] : options) {
    layer[name] = {entry.value, std::string(file) + ":" + std::to_string(entry.line)};
  }
  return layer;
}

Layer layer_of(const Ini& ini, std::string_view section) {
  return layer_of(ini.own_options(section), ini.file());
}

Layer layer_of(const std::map<std::string, std::string>& options, std::string_view where) {
  Layer layer;
  for (const auto& [name, text] : options) layer[lower(name)] = {text, std::string(where)};
  return layer;
}

ResolvedOptions resolve_options(std::string_view plugin, const std::vector<OptionSpec>& specs,
                                const OptionLayers& layers, std::vector<std::string>& warnings,
                                std::vector<std::string>& errors) {
  ResolvedOptions resolved;
  const std::string of_plugin = "plugin " + quote(plugin);
  const auto ordered = {&layers.arguments, &layers.config, &layers.manifest};  // strongest first

  for (const OptionSpec& spec : specs) {
    const std::string name = lower(spec.name);
    bool decided = false;
    const auto take = [&](const std::string& text, const std::string& where) {
      Parsed parsed = parse_value(text, spec);
      if (!parsed.error.empty()) {
        const std::string line =
            where + ": option " + quote(name) + " of " + of_plugin + ": " + parsed.error;
        if (decided) {
          warnings.push_back(line + " (not used: it is set in " + resolved[name].where + ")");
        } else {
          errors.push_back(line);
        }
      }
      if (!std::exchange(decided, true)) resolved[name] = {std::move(parsed.value), text, where};
    };
    for (const Layer* layer : ordered) {
      if (const auto at = layer->find(name); at != layer->end())
        take(at->second.text, at->second.where);
    }
    if (const auto at = layers.engine.find(name);
        !decided && spec.type == Type::boolean && at != layers.engine.end())
      take(at->second.text, at->second.where);
    if (!decided && spec.has_default) take(spec.default_text, "default");
  }

  const std::vector<std::string> known = known_names(specs, layers.manifest);
  for (const Layer* layer : ordered) {
    for (const auto& [name, source] : *layer) {
      const bool declared = std::find(known.begin(), known.end(), name) != known.end();
      if (declared && !specs.empty()) continue;
      if (!declared && !known.empty()) {
        warnings.push_back(source.where + ": " + of_plugin + " has no option " + quote(name) +
                           did_you_mean(name, known) + "; it is passed on as text");
      }
      resolved.try_emplace(name, Option{source.text, source.text, source.where});
    }
  }
  return resolved;
}

}  // namespace stoq::config
