// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/ini.h"
#include "config/values.h"

namespace stoq::config {

/// The text of an option and where it stands: `stoq.cfg:14`, `hash.stoq:9`, `plugin_opts`.
struct Source {
  std::string text;
  std::string where;
};

/// Option name, in lower case, to its text.
using Layer = std::map<std::string, Source, std::less<>>;

/// What options were given to one plugin, weakest layer first.
struct OptionLayers {
  Layer engine;     // what [core] says for boolean options that plugins declare under this name
  Layer manifest;   // [options] of its .stoq
  Layer config;     // its own section of stoq.cfg, never [DEFAULT]
  Layer arguments;  // plugin_opts
};

struct Option {
  Value value;
  std::string text;   // as it was written
  std::string where;  // as in Source, or "default"
};

/// Name to option: every declared one that has a default or was given, and the undeclared ones that
/// were given.
using ResolvedOptions = std::map<std::string, Option, std::less<>>;

/// The section's own options.
Layer layer_of(const Ini& ini, std::string_view section);
Layer layer_of(const Options& options, std::string_view file);
Layer layer_of(const std::map<std::string, std::string>& options,
               std::string_view where = "plugin_opts");

/// The strongest text of each option, read by parse_value(). A bad one is a line in `errors`; a bad
/// one that a stronger layer replaces is a line in `warnings`. An undeclared option stays text,
/// with a warning; where `specs` is empty, as with Python plugins, the manifest's options count as
/// declared, and a plugin that has none there gets no warnings.
ResolvedOptions resolve_options(std::string_view plugin, const std::vector<OptionSpec>& specs,
                                const OptionLayers& layers, std::vector<std::string>& warnings,
                                std::vector<std::string>& errors);

}  // namespace stoq::config
