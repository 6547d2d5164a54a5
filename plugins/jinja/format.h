// SPDX-License-Identifier: Apache-2.0
//
// How Python fills values into a text: "%s" % x.
#pragma once

#include <optional>
#include <string>

#include "value.h"

namespace stoq::plugins::jinja {

// `arguments` is a tuple of them, a dict for "%(name)s", or the only one. Into safe text they go
// escaped.
Value format_percent(const Value& text, const Value& arguments, Budget& budget);

// One field, such as "%-5s".
struct FieldFormat {
  bool left = false;   // where it stands in its width
  bool zeros = false;  // before a number, up to its width
  bool alternate = false;
  char plus = 0;  // before a number that is not negative
  size_t width = 0;
  std::optional<int> precision;
  char type = 0;
};

// Throws Failure where the type does not fit the value.
std::string format_number(const Value& number, const FieldFormat& format);
std::string padded(const std::string& body, const FieldFormat& format);

}  // namespace stoq::plugins::jinja
