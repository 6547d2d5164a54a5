// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "config/layers.h"
#include "config/manifest.h"
#include "core/instance.h"
#include "stoq/log.h"

namespace stoq {

// All that is needed to load a packaged plugin, in this process or in another: what its manifest
// says, and its options layer by layer.
struct PluginSpec {
  std::string name;
  std::string manifest;  // the .stoq
  std::string module;    // absolute path
  std::string folder;
  std::string version, description;
  config::OptionLayers options;
  std::vector<std::string> results, required;
  std::string state;  // a directory for what outlives the process; made when it is first asked for
  std::vector<config::HelperPlace> helpers;
  bool extracts = true;
  bool changes_request = true;
  bool changes_payload = true;
  bool ancestors = false;
  LogLevel log_level = LogLevel::info;  // less than this is not kept
};

// What the manifest says of a plugin, into what the engine knows of it.
inline void describe(const PluginSpec& spec, PluginInfo& info) {
  info.name = spec.name;
  info.version = spec.version;
  info.description = spec.description;
  info.extracts = spec.extracts;
  info.changes_request = spec.changes_request;
  info.changes_payload = spec.changes_payload;
  info.wants_ancestors = spec.ancestors;
  info.results = spec.results;
  info.required = spec.required;
}

using LogFunction = std::function<void(LogLevel, std::string_view line)>;

}  // namespace stoq
