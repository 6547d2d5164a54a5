// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "stoq/response.h"

namespace stoq {

// Local time as ISO 8601 without zone, microseconds left out when they are 0.
std::string local_time(std::chrono::system_clock::time_point when);

// The response whose dumps() such text is: canonical JSON, by whomsoever. "", or what of it is of
// the wrong shape; keys that are missing or unknown are not.
std::string read_response(std::string_view canonical, StoqResponse& response);

}  // namespace stoq
