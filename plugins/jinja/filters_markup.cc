// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "callable_tables.h"
#include "show.h"

namespace stoq::plugins::jinja {
namespace {

Value escape(const Value& value, Arguments& a) {
  return Value::text(a.budget, escaped(value, a.budget), true);
}
Value force_escape(const Value& value, Arguments& a) {
  return Value::text(a.budget, escaped(as_text(value, a.budget).with_safety(false), a.budget),
                     true);
}
Value safe(const Value& value, Arguments& a) {
  return as_text(value, a.budget).with_safety(true);
}
Value string(const Value& value, Arguments& a) {
  return as_text(value, a.budget);
}

Value tojson(const Value& value, Arguments& a) {
  const Value* const width = a.find(0);
  std::optional<size_t> indent;
  if (width && !width->is(Kind::none)) indent = std::min<size_t>(a.count(0, 0), 100);
  return Value::text(a.budget, to_json(value, indent, a.budget), true);
}

void append_quoted_url(std::string& out, const Value& part, bool query, Budget& budget) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  const std::string text = shown(part, budget);
  std::string quoted;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '_' || c == '.' || c == '-' || c == '~' || (c == '/' && !query);
    if (plain)
      quoted += c;
    else if (c == ' ' && query)
      quoted += '+';
    else
      (quoted += '%').append(1, kDigits[byte >> 4]).append(1, kDigits[byte & 15]);
  }
  budget.append(out, quoted);
}

Value urlencode(const Value& value, Arguments& a) {
  std::string out;
  const auto pair = [&](const Value& key, const Value& member) {
    if (!out.empty()) out += '&';
    append_quoted_url(out, key, true, a.budget);
    out += '=';
    append_quoted_url(out, member, true, a.budget);
  };
  if (value.is(Kind::dict)) {
    for (const auto& [key, member] : value.dict().entries()) pair(key, member);
  } else if (value.is(Kind::list)) {
    for (const Value& one : value.list().items()) {
      if (!one.is(Kind::list) || one.list().size() != 2)
        fail("the filter 'urlencode' needs a list of pairs");
      pair(one.list().items()[0], one.list().items()[1]);
    }
  } else {
    append_quoted_url(out, value, false, a.budget);
  }
  return Value::text(a.budget, std::move(out));
}

constexpr Filter kFilters[] = {
    {"e", "", escape},
    {"escape", "", escape},
    {"forceescape", "", force_escape},
    {"safe", "", safe},
    {"string", "", string},
    {"tojson", "indent", tojson},
    {"urlencode", "", urlencode},
};

}  // namespace

std::span<const Filter> markup_filters() {
  return kFilters;
}

}  // namespace stoq::plugins::jinja
