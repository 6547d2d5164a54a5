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

// Loads a native module into this process and creates its instance. StoqPluginException says what
// is wrong with it. The module is never unloaded. `tmp` is the plugin's private directory, or
// empty.
std::shared_ptr<Instance> load_native(const PluginSpec& spec, LogFunction log, std::string tmp = {},
                                      HelperServer helpers = HelperServer::started);

}  // namespace stoq
