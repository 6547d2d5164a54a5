// SPDX-License-Identifier: Apache-2.0
//
// Numbers and strings as templates write them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stoq::plugins::jinja {

struct Number {
  size_t size = 0;  // of its text
  bool real = false;
  int64_t integer = 0;
  double decimal = 0;
};

// At the front of `text`, which begins with a digit; behind a point it has no fraction. `line` is
// for the SyntaxError that they throw.
Number read_number(std::string_view text, bool after_dot, uint32_t line);
std::string unescaped(std::string_view text, uint32_t line);

}  // namespace stoq::plugins::jinja
