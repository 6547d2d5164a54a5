// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace stoq::plugins::autoit {

/// What compiled scripts of AutoIt 3.3 write as numbers; "" for a number that stands for nothing
/// known. [thread-safe]
std::string_view keyword_of(std::uint32_t number);
std::string_view function_of(std::uint32_t number);

}  // namespace stoq::plugins::autoit
