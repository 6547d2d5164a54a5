// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "core/instance.h"
#include "host/helper_process.h"
#include "loader/plugin_spec.h"

namespace stoq {

// Loads a native module into this process and creates its instance. StoqPluginException says what
// is wrong with it. The module is never unloaded. `tmp` is the plugin's private directory, or
// empty.
std::shared_ptr<Instance> load_native(const PluginSpec& spec, LogFunction log, std::string tmp = {},
                                      HelperServer helpers = HelperServer::started);

}  // namespace stoq
