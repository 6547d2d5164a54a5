// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "callable_tables.h"
#include "operators.h"
#include "show.h"
#include "text.h"

namespace stoq::plugins::jinja {
namespace {

Value list_of(Values items, const Arguments& a) {
  return List::make(a.budget, std::move(items));
}

Value or_default(const Value& value, Arguments& a) {
  if (!value.is_undefined() && (truth(value) || !a.flag(1))) return value;
  return a.value(0, Value::literal(""));
}

Value size(const Value& value, Arguments& a) {
  if (value.is_text()) a.budget.work(value.text().size());
  return static_cast<int64_t>(size_of(value));
}

Value first(const Value& value, Arguments& a) {
  if (value.is_text()) return value.text().empty() ? Value() : item(value, int64_t{0}, a.budget);
  const ListPtr items = iterate(value, a.budget);
  if (items->size() == 0) return Value::undefined("an empty sequence has no first item");
  return items->items().front();
}

Value last(const Value& value, Arguments& a) {
  if (value.is_text()) return value.text().empty() ? Value() : item(value, int64_t{-1}, a.budget);
  const ListPtr items = iterate(value, a.budget);
  if (items->size() == 0) return Value::undefined("an empty sequence has no last item");
  return items->items().back();
}

Value join(const Value& value, Arguments& a) {
  const Value separator = a.text(0, "");
  const ListPtr items = iterate(value, a.budget);
  std::vector<Value> path;
  if (const Value* attribute = a.find(1)) path = attribute_path(*attribute);
  Values parts;
  a.budget.room(items->size() * sizeof(Value));
  bool safe = a.escape && separator.is_safe();
  for (const Value& one : items->items()) {
    parts.push_back(follow(one, path, a.budget));
    safe = safe || (a.escape && parts.back().is_safe());
  }
  const std::string between = safe ? escaped(separator, a.budget) : std::string(separator.text());
  std::string out;
  for (size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) a.budget.append(out, between);
    a.budget.append(out, safe ? escaped(parts[i], a.budget) : shown(parts[i], a.budget));
  }
  return Value::text(a.budget, std::move(out), safe);
}

Value list(const Value& value, Arguments& a) {
  return list_of(iterate(value, a.budget)->items(), a);
}

Value reverse(const Value& value, Arguments& a) {
  if (value.is_text()) return slice(value, None{}, None{}, int64_t{-1}, a.budget);
  Values items = iterate(value, a.budget)->items();
  std::reverse(items.begin(), items.end());
  return list_of(std::move(items), a);
}

Value items(const Value& value, Arguments& a) {
  if (value.is_undefined()) return list_of({}, a);
  if (!value.is(Kind::dict))
    fail("the filter 'items' needs a dict, not a " + std::string(type_name(value)));
  Values pairs;
  for (const auto& [key, member] : value.dict().entries())
    pairs.push_back(List::make(a.budget, {key, member}, ListStyle::tuple));
  return list_of(std::move(pairs), a);
}

Value batch(const Value& value, Arguments& a) {
  const size_t most = a.count(0, 0);
  if (most == 0) fail("the filter 'batch' needs a size above zero");
  const Value* fill = a.find(1);
  Values all, row;
  const ListPtr items = iterate(value, a.budget);
  for (const Value& one : items->items()) {
    if (row.size() == most) all.push_back(list_of(std::exchange(row, {}), a));
    row.push_back(one);
  }
  if (!row.empty() && fill && !fill->is(Kind::none) && row.size() < most) {
    a.budget.room((most - row.size()) * sizeof(Value));
    row.resize(most, *fill);
  }
  if (!row.empty()) all.push_back(list_of(std::move(row), a));
  return list_of(std::move(all), a);
}

Value sum(const Value& value, Arguments& a) {
  std::vector<Value> path;
  const Value* attribute = a.find(0);
  if (attribute && !attribute->is(Kind::none)) path = attribute_path(*attribute);
  Value total = a.value(1, int64_t{0});
  const ListPtr items = iterate(value, a.budget);
  for (const Value& one : items->items()) total = add(total, follow(one, path, a.budget), a.budget);
  return total;
}

constexpr Filter kFilters[] = {
    {"batch", "linecount!,fill_with", batch},
    {"count", "", size},
    {"d", "default_value,boolean", or_default},
    {"default", "default_value,boolean", or_default},
    {"first", "", first},
    {"items", "", items},
    {"join", "d,attribute", join},
    {"last", "", last},
    {"length", "", size},
    {"list", "", list},
    {"reverse", "", reverse},
    {"sum", "attribute,start", sum},
};

}  // namespace

std::span<const Filter> sequence_filters() {
  return kFilters;
}

}  // namespace stoq::plugins::jinja
