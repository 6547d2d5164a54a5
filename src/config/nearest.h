// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stoq::config {

/// The known name that `name` is most likely a slip of, "" if none is close.
std::string nearest(std::string_view name, const std::vector<std::string>& known);

/// ` (did you mean 'maximum_size'?)`, or "" if no known name is close.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& known);

}  // namespace stoq::config
