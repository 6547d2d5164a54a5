// SPDX-License-Identifier: Apache-2.0
//
// Texts as numbers, as Python's int() and float() read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace stoq::plugins::jinja {

// Base 0 takes it from the prefix. Nothing where the text is no such number, or beyond 64 bits.
std::optional<int64_t> parse_integer(std::string_view text, int base);
std::optional<double> parse_float(std::string_view text);

}  // namespace stoq::plugins::jinja
