// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

namespace stoq {

// Local time as ISO 8601 without zone, microseconds left out when they are 0.
std::string local_time(std::chrono::system_clock::time_point when);

}  // namespace stoq
