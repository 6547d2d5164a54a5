// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "core/instance.h"
#include "host/helper_process.h"
#include "loader/plugin_spec.h"
#include "stoq/abi/plugin.h"

namespace stoq {

// The entry of a native module, which is loaded for it and never unloaded. StoqPluginException says
// what is wrong with it.
stoq_plugin_entry native_entry(const std::string& module, const std::string& name);

// What a host process shares with the plugins in it; without, they have no private directory, and
// their helper programs run under a process that is started for them.
struct Surroundings {
  std::shared_ptr<std::string> tmp;  // path of the private directory, which a host sets
  std::shared_ptr<HelperProcesses> helpers;
};

// Loads a native module into this process and creates its instance. StoqPluginException says what
// is wrong with it. The module is never unloaded.
std::shared_ptr<Instance> load_native(const PluginSpec& spec, LogFunction log,
                                      Surroundings surroundings = {});

}  // namespace stoq
