// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "config/values.h"

namespace stoq {

// The options that a native module declares. Asked of a process of its own, started for it: the
// module is loaded there, but no instance is made, so it need not be configured.
// StoqPluginException says why they are not to be had.
std::vector<config::OptionSpec> declared_options(const std::string& host_program,
                                                 const std::string& module, const std::string& name,
                                                 double seconds);

// The other end: answers once. Does not return.
[[noreturn]] void serve_description(int socket);

}  // namespace stoq
