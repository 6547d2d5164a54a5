// SPDX-License-Identifier: Apache-2.0
//
// Methods of str, dict and list; of those that change their value there are none.
#include <algorithm>

#include "callable_tables.h"
#include "operators.h"
#include "show.h"
#include "text.h"

namespace stoq::plugins::jinja {
namespace {

// A filter that does the same.
Value by_filter(std::string_view name, const Value& value, Arguments& a) {
  return find_filter(name)->run(value, a);
}
Value to_upper(const Value& value, Arguments& a) {
  return by_filter("upper", value, a);
}
Value to_lower(const Value& value, Arguments& a) {
  return by_filter("lower", value, a);
}
std::string needed_text(const Arguments& a, size_t index, const char* method) {
  const Value* found = a.find(index);
  if (!found || !found->is_text())
    fail(std::string("the method .") + method + "() needs a str" +
         (found ? ", not a " + std::string(type_name(*found)) : ""));
  return std::string(found->text());
}

Value stripped(const Value& value, const Arguments& a, Side side) {
  const Value* characters = a.find(0);
  const bool given = characters && !characters->is(Kind::none);
  const std::string set = given ? needed_text(a, 0, "strip") : "";
  const std::string_view view = set;
  a.budget.room(value.text().size());
  return Value::text(a.budget, std::string(strip(value.text(), given ? &view : nullptr, side)),
                     value.is_safe());
}
Value strip_both(const Value& value, Arguments& a) {
  return stripped(value, a, Side::both);
}
Value strip_left(const Value& value, Arguments& a) {
  return stripped(value, a, Side::left);
}
Value strip_right(const Value& value, Arguments& a) {
  return stripped(value, a, Side::right);
}

Value listed(const std::vector<std::string_view>& parts, const Value& value, Budget& budget) {
  Values items;
  for (const std::string_view part : parts)
    items.push_back(Value::text(budget, std::string(part), value.is_safe()));
  return List::make(budget, std::move(items));
}

size_t most_splits(const Arguments& a) {
  const int64_t most = a.integer(1, -1);
  return most < 0 ? SIZE_MAX : static_cast<size_t>(most);
}

Value split(const Value& value, Arguments& a) {
  a.budget.room(value.text().size() * sizeof(std::string_view));
  const Value* separator = a.find(0);
  if (!separator || separator->is(Kind::none)) {
    return listed(split_space(value.text(), most_splits(a)), value, a.budget);
  }
  const std::string at = needed_text(a, 0, "split");
  if (at.empty()) fail("the method .split() needs a separator that is not empty");
  return listed(split_at(value.text(), at, most_splits(a)), value, a.budget);
}
Value splitlines(const Value& value, Arguments& a) {
  a.budget.room(value.text().size() * sizeof(std::string_view));
  return listed(split_lines(value.text()), value, a.budget);
}

Value join(const Value& value, Arguments& a) {
  const ListPtr items = iterate(*a.find(0), a.budget);
  std::string out;
  for (size_t i = 0; i < items->size(); ++i) {
    const Value& one = items->items()[i];
    if (!one.is_text() && !value.is_safe())
      fail("the method .join() needs a list of str, not of " + std::string(type_name(one)));
    if (i > 0) a.budget.append(out, value.text());
    a.budget.append(out, value.is_safe() ? escaped(one, a.budget) : std::string(one.text()));
  }
  return Value::text(a.budget, std::move(out), value.is_safe());
}

template <class Holds>
Value any_of(const Arguments& a, const char* method, Holds holds) {
  const Value& wanted = *a.find(0);
  if (!wanted.is(Kind::list)) return bool{holds(needed_text(a, 0, method))};
  for (const Value& one : wanted.list().items())
    if (one.is_text() && holds(std::string(one.text()))) return true;
  return false;
}
Value starts_with(const Value& value, Arguments& a) {
  return any_of(a, "startswith",
                [&](const std::string& part) { return value.text().starts_with(part); });
}
Value ends_with(const Value& value, Arguments& a) {
  return any_of(a, "endswith",
                [&](const std::string& part) { return value.text().ends_with(part); });
}

Value replaced(const Value& value, Arguments& a) {
  needed_text(a, 0, "replace"), needed_text(a, 1, "replace");
  Arguments inner(a.budget, value.is_safe());
  inner.given = a.given;
  return by_filter("replace", value, inner);
}

Value find(const Value& value, Arguments& a) {
  a.budget.work(value.text().size());
  const size_t at = value.text().find(needed_text(a, 0, "find"));
  if (at == std::string_view::npos) return int64_t{-1};
  return static_cast<int64_t>(length(value.text().substr(0, at)));
}

Value count_text(const Value& value, Arguments& a) {
  const std::string part = needed_text(a, 0, "count");
  a.budget.work(value.text().size());
  if (part.empty()) return static_cast<int64_t>(length(value.text()) + 1);
  int64_t count = 0;
  for (size_t at = 0; (at = value.text().find(part, at)) != std::string_view::npos;
       at += part.size())
    ++count;
  return count;
}

Value members(const Value& value, const Arguments& a, ListStyle style) {
  Values items;
  a.budget.room(value.dict().entries().size() * sizeof(Value));
  for (const auto& [key, member] : value.dict().entries())
    items.push_back(style == ListStyle::keys ? key
                    : style == ListStyle::values
                        ? member
                        : List::make(a.budget, {key, member}, ListStyle::tuple));
  return List::make(a.budget, std::move(items), style);
}
Value keys(const Value& value, Arguments& a) {
  return members(value, a, ListStyle::keys);
}
Value values(const Value& value, Arguments& a) {
  return members(value, a, ListStyle::values);
}
Value items(const Value& value, Arguments& a) {
  return members(value, a, ListStyle::items);
}
Value get(const Value& value, Arguments& a) {
  const Value* found = value.dict().find(*a.find(0));
  return found ? *found : a.value(1, None{});
}

constexpr Method kMethods[] = {
    {"count", "part!", Kind::text, count_text},
    {"endswith", "suffix!", Kind::text, ends_with},
    {"find", "part!", Kind::text, find},
    {"join", "parts!", Kind::text, join},
    {"lower", "", Kind::text, to_lower},
    {"lstrip", "chars", Kind::text, strip_left},
    {"replace", "old!,new!,count", Kind::text, replaced},
    {"rstrip", "chars", Kind::text, strip_right},
    {"split", "sep,maxsplit", Kind::text, split},
    {"splitlines", "", Kind::text, splitlines},
    {"startswith", "prefix!", Kind::text, starts_with},
    {"strip", "chars", Kind::text, strip_both},
    {"upper", "", Kind::text, to_upper},
    {"get", "key!,default", Kind::dict, get},
    {"items", "", Kind::dict, items},
    {"keys", "", Kind::dict, keys},
    {"values", "", Kind::dict, values},
};

}  // namespace

std::span<const Method> all_methods() {
  return kMethods;
}

}  // namespace stoq::plugins::jinja
