// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <map>

#include "callable_tables.h"
#include "operators.h"
#include "text.h"

namespace stoq::plugins::jinja {
namespace {

using Path = std::vector<Value>;

Value folded(const Value& value, bool case_sensitive, Budget& budget) {
  if (case_sensitive || !value.is_text()) return value;
  budget.work(value.text().size());
  return Value::text(budget, lower(value.text()));
}

Path path_of(const Arguments& a, size_t index) {
  const Value* attribute = a.find(index);
  return attribute && !attribute->is(Kind::none) ? attribute_path(*attribute) : Path();
}

// With another value for each part of the path that is not there, unless that is None.
Value follow_or(const Value& value, const Path& path, const Value& otherwise, Budget& budget) {
  Value at = value;
  for (const Value& part : path) {
    at = item(at, part, budget);
    if (at.is_undefined() && !otherwise.is(Kind::none)) at = otherwise;
  }
  return at;
}

struct Keyed {
  Value key, value;
};

std::vector<Keyed> sorted(std::vector<Keyed> all, bool reverse, Budget& budget) {
  std::stable_sort(all.begin(), all.end(), [&](const Keyed& a, const Keyed& b) {
    return reverse ? less(b.key, a.key, budget) : less(a.key, b.key, budget);
  });
  return all;
}

Value values_of(std::vector<Keyed> all, Budget& budget) {
  Values values;
  for (Keyed& one : all) values.push_back(std::move(one.value));
  return List::make(budget, std::move(values));
}

Value sort(const Value& value, Arguments& a) {
  std::vector<Path> paths;
  const Value* attribute = a.find(2);
  if (attribute && attribute->is_text()) {
    for (const std::string_view part : split_at(attribute->text(), ",", SIZE_MAX))
      paths.push_back(attribute_path(Value::literal(std::string(part))));
  } else {
    paths.push_back(path_of(a, 2));
  }
  const bool case_sensitive = a.flag(1);
  std::vector<Keyed> all;
  const ListPtr items = iterate(value, a.budget);
  a.budget.room(items->size() * sizeof(Keyed));
  for (const Value& one : items->items()) {
    Values key;
    for (const Path& path : paths)
      key.push_back(folded(follow(one, path, a.budget), case_sensitive, a.budget));
    all.push_back({List::make(a.budget, std::move(key)), one});
  }
  return values_of(sorted(std::move(all), a.flag(0), a.budget), a.budget);
}

Value dictsort(const Value& value, Arguments& a) {
  if (value.is_undefined()) use_of_undefined(value);
  if (!value.is(Kind::dict))
    fail("the filter 'dictsort' needs a dict, not a " + std::string(type_name(value)));
  const Value by = a.text(1, "key");
  if (by.text() != "key" && by.text() != "value")
    fail("the filter 'dictsort' sorts by 'key' or 'value'");
  std::vector<Keyed> all;
  a.budget.room(value.dict().entries().size() * sizeof(Keyed));
  for (const auto& [key, member] : value.dict().entries())
    all.push_back({folded(by.text() == "key" ? key : member, a.flag(0), a.budget),
                   List::make(a.budget, {key, member}, ListStyle::tuple)});
  return values_of(sorted(std::move(all), a.flag(2), a.budget), a.budget);
}

Value groupby(const Value& value, Arguments& a) {
  const Path path = path_of(a, 0);
  const Value otherwise = a.value(1, None{});
  const bool case_sensitive = a.flag(2);
  std::vector<Keyed> all;
  const ListPtr items = iterate(value, a.budget);
  a.budget.room(items->size() * sizeof(Keyed));
  for (const Value& one : items->items())
    all.push_back(
        {folded(follow_or(one, path, otherwise, a.budget), case_sensitive, a.budget), one});
  all = sorted(std::move(all), false, a.budget);
  Values groups;
  for (size_t from = 0, to; from < all.size(); from = to) {
    Values members;
    for (to = from; to < all.size() && equal(all[to].key, all[from].key, a.budget); ++to)
      members.push_back(all[to].value);
    if (to == from) members.push_back(all[to++].value);  // a NaN, which equals nothing
    Value key = follow_or(members.front(), path, otherwise, a.budget);
    groups.push_back(List::make(
        a.budget, {std::move(key), List::make(a.budget, std::move(members))}, ListStyle::group));
  }
  return List::make(a.budget, std::move(groups));
}

Value unique(const Value& value, Arguments& a) {
  const Path path = path_of(a, 1);
  std::multimap<size_t, Value> seen;
  Values kept;
  const ListPtr items = iterate(value, a.budget);
  a.budget.room(items->size() * 4 * sizeof(Value));
  for (const Value& one : items->items()) {
    Value key = folded(follow(one, path, a.budget), a.flag(0), a.budget);
    const size_t code = hash(key, a.budget);
    const auto [first, last] = seen.equal_range(code);
    if (std::any_of(first, last,
                    [&](const auto& other) { return equal(other.second, key, a.budget); }))
      continue;
    seen.emplace(code, std::move(key));
    kept.push_back(one);
  }
  return List::make(a.budget, std::move(kept));
}

Value extreme(const Value& value, const Arguments& a, bool largest) {
  const Path path = path_of(a, 1);
  const ListPtr items = iterate(value, a.budget);
  if (items->size() == 0)
    return Value::undefined("an empty sequence has no smallest or largest item");
  std::optional<Keyed> best;
  for (const Value& one : items->items()) {
    Value key = folded(follow(one, path, a.budget), a.flag(0), a.budget);
    if (!best || (largest ? less(best->key, key, a.budget) : less(key, best->key, a.budget)))
      best = {std::move(key), one};
  }
  return best->value;
}

Value smallest(const Value& value, Arguments& a) {
  return extreme(value, a, false);
}
Value largest(const Value& value, Arguments& a) {
  return extreme(value, a, true);
}

// The arguments from `from` on, for an inner filter or test of this name.
Arguments inner(const Arguments& a, size_t from, std::string_view name,
                std::string_view parameters) {
  Arguments rest(a.budget, a.escape);
  rest.given.assign(a.given.begin() + static_cast<ptrdiff_t>(from), a.given.end());
  rest.named = a.named;
  rest.bind(std::string(name), parameters);
  return rest;
}

Value map(const Value& value, Arguments& a) {
  const ListPtr items = iterate(value, a.budget);
  Values out;
  a.budget.room(items->size() * sizeof(Value));
  if (a.given.empty()) {
    Path path;
    Value otherwise = None{};
    for (const Named& one : a.named) {
      if (one.name == "attribute" && !one.value.is(Kind::none)) path = attribute_path(one.value);
      if (one.name == "default") otherwise = one.value;
    }
    for (const Value& one : items->items())
      out.push_back(follow_or(one, path, otherwise, a.budget));
    return List::make(a.budget, std::move(out));
  }
  const Filter& filter = *find_filter(a.given[0]->text());  // the parser has seen to it
  for (const Value& one : items->items()) {
    Arguments rest = inner(a, 1, filter.name, filter.parameters);
    out.push_back(filter.run(one, rest));
  }
  return List::make(a.budget, std::move(out));
}

Value chosen(const Value& value, const Arguments& a, bool by_attribute, bool wanted) {
  const Path path = by_attribute ? attribute_path(*a.given[0]) : Path();
  const size_t at = by_attribute;
  const Test* test = a.given.size() > at ? find_test(a.given[at]->text()) : nullptr;
  const ListPtr items = iterate(value, a.budget);
  Values kept;
  for (const Value& one : items->items()) {
    a.budget.step();
    const Value subject = follow(one, path, a.budget);
    bool answer = false;
    if (test) {
      Arguments rest = inner(a, at + 1, test->name, test->parameters);
      answer = test->run(subject, rest);
    } else {
      answer = truth(subject);
    }
    if (answer == wanted) kept.push_back(one);
  }
  return List::make(a.budget, std::move(kept));
}

Value select(const Value& value, Arguments& a) {
  return chosen(value, a, false, true);
}
Value reject(const Value& value, Arguments& a) {
  return chosen(value, a, false, false);
}
Value select_by(const Value& value, Arguments& a) {
  return chosen(value, a, true, true);
}
Value reject_by(const Value& value, Arguments& a) {
  return chosen(value, a, true, false);
}

constexpr Filter kFilters[] = {
    {"dictsort", "case_sensitive,by,reverse", dictsort},
    {"groupby", "attribute!,default,case_sensitive", groupby},
    {"map", "*", map},
    {"max", "case_sensitive,attribute", largest},
    {"min", "case_sensitive,attribute", smallest},
    {"reject", "*", reject},
    {"rejectattr", "*", reject_by},
    {"select", "*", select},
    {"selectattr", "*", select_by},
    {"sort", "reverse,case_sensitive,attribute", sort},
    {"unique", "case_sensitive,attribute", unique},
};

}  // namespace

std::span<const Filter> order_filters() {
  return kFilters;
}

}  // namespace stoq::plugins::jinja
