// SPDX-License-Identifier: Apache-2.0
//
// Values as text.
#pragma once

#include <optional>
#include <string>

#include "value.h"

namespace stoq::plugins::jinja {

// str(): of an undefined value nothing.
std::string shown(const Value& value, Budget& budget);
// The same as a Value; text stays what it is, safe or not.
Value as_text(const Value& value, Budget& budget);
// str(), and escaped unless it is safe HTML.
std::string escaped(const Value& value, Budget& budget);
std::string repr(const Value& value, Budget& budget);
std::string float_repr(double number);

// As json.dumps gives it, with sorted keys and ASCII only; harmless inside HTML. `indent` counts
// spaces.
std::string to_json(const Value& value, std::optional<size_t> indent, Budget& budget);

}  // namespace stoq::plugins::jinja
