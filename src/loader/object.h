// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "core/instance.h"

namespace stoq {

// An object of the embedding program as a plugin.
std::shared_ptr<Instance> make_object_instance(std::string name, std::shared_ptr<Plugin> plugin,
                                               PluginTraits traits);

}  // namespace stoq
