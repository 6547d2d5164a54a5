// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <exception>
#include <string>

namespace stoq {

// The kind of an exception as errors show it: "std::runtime_error", "StoqPluginException".
std::string type_of(const std::exception& e);

}  // namespace stoq
