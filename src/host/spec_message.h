// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/values.h"
#include "core/instance.h"
#include "host/wire.h"
#include "loader/plugin_spec.h"

namespace stoq::wire {

std::string encode(const PluginSpec& spec);
PluginSpec decode_spec(std::string_view body);  // throws Malformed

// What loading gave, beside what the spec said.
std::string encode_loaded(const PluginInfo& info);
void decode_loaded(std::string_view body, PluginInfo& info);  // throws Malformed

// What a module declares.
std::string encode(const std::vector<config::OptionSpec>& options);
std::vector<config::OptionSpec> decode_options(std::string_view body);  // throws Malformed

}  // namespace stoq::wire
