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

// Parts of a response as they stand in its text.
std::string text_of(const PayloadResults& results);
std::string text_of(const Errors& errors);
std::string text_of(const std::vector<LimitRecord>& limits);
std::string text_of(const NamedResults& results);

}  // namespace stoq
