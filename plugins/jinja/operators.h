// SPDX-License-Identifier: Apache-2.0
//
// What the operators of the template language do, as Python does it.
#pragma once

#include <compare>
#include <optional>
#include <string>

#include "value.h"

namespace stoq::plugins::jinja {

// All throw Failure where Python would raise.
Value add(const Value& a, const Value& b, Budget& budget);
Value subtract(const Value& a, const Value& b, Budget& budget);
Value multiply(const Value& a, const Value& b, Budget& budget);
Value divide(const Value& a, const Value& b, Budget& budget);
Value floor_divide(const Value& a, const Value& b, Budget& budget);
Value modulo(const Value& a, const Value& b, Budget& budget);
Value power(const Value& a, const Value& b, Budget& budget);
Value negate(const Value& value);
// The operator ~; with `escape` safe parts make the whole safe.
Value concatenate(const Values& parts, bool escape, Budget& budget);

bool less(const Value& a, const Value& b, Budget& budget);
std::partial_ordering compare(const Value& a, const Value& b, Budget& budget);
bool contains(const Value& container, const Value& item, Budget& budget);

// a.name and a[key]; what is not there is undefined. Of a dict, keys.
Value attribute(const Value& value, std::string_view name);
Value item(const Value& value, const Value& key, Budget& budget);
// Bounds that are None are left out.
Value slice(const Value& value, const Value& start, const Value& stop, const Value& step,
            Budget& budget);

// What a loop over it goes through.
ListPtr iterate(const Value& value, Budget& budget);
bool is_iterable(const Value& value);
size_t size_of(const Value& value);

[[noreturn]] void use_of_undefined(const Value& value);

}  // namespace stoq::plugins::jinja
