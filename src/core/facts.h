// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "core/instance.h"

namespace stoq {

// What plugins are told about a payload, as canonical JSON text.
std::string object_text(const NamedResults& results);
std::string results_text(const Payload& payload,
                         const PluginInfo& asking);  // only results that it asks for
std::string plugins_run_text(const Payload& payload);
std::string ancestors_text(const Payload& payload, const PluginInfo& asking);  // parent first

}  // namespace stoq
