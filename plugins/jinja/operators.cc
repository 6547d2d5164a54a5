// SPDX-License-Identifier: Apache-2.0
#include "operators.h"

#include <algorithm>

#include "show.h"
#include "text.h"

namespace stoq::plugins::jinja {
namespace {

std::string named(const Value& value) {
  return std::string(type_name(value));
}

std::partial_ordering compare_numbers(const Value& a, const Value& b) {
  if (a.is_integer() && b.is_integer()) return a.integer() <=> b.integer();
  if (a.is(Kind::big) && b.is(Kind::big)) {
    const std::string_view x = a.digits(), y = b.digits();
    const bool below = x.starts_with('-');
    if (below != y.starts_with('-'))
      return below ? std::partial_ordering::less : std::partial_ordering::greater;
    const auto order = x.size() != y.size() ? x.size() <=> y.size() : x <=> y;
    return below ? 0 <=> order : order;
  }
  const auto wide = [](const Value& value) {
    return value.is_integer() ? static_cast<long double>(value.integer())
                              : static_cast<long double>(value.real());
  };
  return wide(a) <=> wide(b);
}

std::partial_ordering compare_lists(const List& a, const List& b, Budget& budget) {
  const size_t common = std::min(a.size(), b.size());
  for (size_t i = 0; i < common; ++i)
    if (!equal(a.items()[i], b.items()[i], budget))
      return compare(a.items()[i], b.items()[i], budget);
  return a.size() <=> b.size();
}

// The places that a slice takes.
struct Places {
  int64_t start, step;
  size_t count;
  size_t operator[](size_t i) const {
    return static_cast<size_t>(start + static_cast<int64_t>(i) * step);
  }
};

// Nothing for None.
std::optional<int64_t> bound(const Value& value) {
  if (value.is(Kind::none)) return std::nullopt;
  if (!value.is_integer()) fail("the bounds of a slice are integers, not " + named(value));
  return value.integer();
}

Places places(size_t size, const Value& from, const Value& to, const Value& by) {
  const auto length = static_cast<int64_t>(size);
  const int64_t step = bound(by).value_or(1);
  if (step == 0) fail("the step of a slice cannot be zero");
  const bool down = step < 0;
  const auto clamp = [&](std::optional<int64_t> at, int64_t otherwise) {
    if (!at) return otherwise;
    const int64_t place = *at < 0 ? std::max(*at, -length - 1) + length : *at;
    return std::clamp<int64_t>(place, down ? -1 : 0, down ? length - 1 : length);
  };
  const int64_t start = clamp(bound(from), down ? length - 1 : 0);
  const int64_t stop = clamp(bound(to), down ? -1 : length);
  const int64_t distance = down ? start - stop : stop - start;
  if (distance <= 0) return {start, step, 0};
  const uint64_t stride = down ? 0 - static_cast<uint64_t>(step) : static_cast<uint64_t>(step);
  return {start, step, static_cast<size_t>((static_cast<uint64_t>(distance) - 1) / stride + 1)};
}

Value slice_text(const Value& value, const Places& at, Budget& budget) {
  const std::string_view text = value.text();
  budget.work(text.size());
  if (at.count == 0) return Value::text(budget, "", value.is_safe());
  if (at.step == 1) {
    const std::string_view rest = text.substr(offset_of(text, at[0]));
    budget.room(rest.size());
    return Value::text(budget, std::string(rest.substr(0, offset_of(rest, at.count))),
                       value.is_safe());
  }
  budget.room(text.size() * sizeof(char32_t));
  std::u32string points;
  for (std::string_view rest = text; !rest.empty();) points += take_point(rest);
  std::string out;
  for (size_t i = 0; i < at.count; ++i) append_point(out, points[at[i]]);
  return Value::text(budget, std::move(out), value.is_safe());
}

// Where an index leads in so many elements.
std::optional<size_t> place(const Value& key, size_t size) {
  if (!key.is_integer()) return std::nullopt;
  const int64_t at = key.integer();
  if (at >= 0 && static_cast<uint64_t>(at) < size) return static_cast<size_t>(at);
  if (at < 0 && 0 - static_cast<uint64_t>(at) <= size) return size + static_cast<size_t>(at);
  return std::nullopt;
}

}  // namespace

void use_of_undefined(const Value& value) {
  fail(std::string(value.why()) + "; test it with 'is defined' or give it a default()");
}

std::partial_ordering compare(const Value& a, const Value& b, Budget& budget) {
  budget.step();
  if (a.is_number() && b.is_number()) return compare_numbers(a, b);
  if (a.is_text() && b.is_text()) {
    budget.work(std::min(a.text().size(), b.text().size()));
    return a.text() <=> b.text();
  }
  if (a.is(Kind::list) && b.is(Kind::list) && a.list().is_tuple() == b.list().is_tuple())
    return compare_lists(a.list(), b.list(), budget);
  if (a.is_undefined()) use_of_undefined(a);
  if (b.is_undefined()) use_of_undefined(b);
  fail("a " + named(a) + " and a " + named(b) + " have no order");
}

bool less(const Value& a, const Value& b, Budget& budget) {
  return compare(a, b, budget) < 0;
}

bool contains(const Value& container, const Value& item, Budget& budget) {
  switch (container.kind()) {
    case Kind::undefined:
      return false;
    case Kind::text:
      if (!item.is_text()) fail("'in' looks for a str in a str, not for a " + named(item));
      budget.work(container.text().size());
      return container.text().find(item.text()) != std::string_view::npos;
    case Kind::list:
      return std::any_of(container.list().items().begin(), container.list().items().end(),
                         [&](const Value& one) { return equal(one, item, budget); });
    case Kind::dict:
      return container.dict().find(item) != nullptr;
    default:
      fail("'in' cannot look into a " + named(container));
  }
}

Value attribute(const Value& value, std::string_view name) {
  const Value* found = nullptr;
  switch (value.kind()) {
    case Kind::undefined:
      use_of_undefined(value);
    case Kind::dict:
      found = value.dict().find(name);
      break;
    case Kind::space:
      found = value.space().find(name);
      break;
    case Kind::list:
      if (value.list().style() == ListStyle::group && (name == "grouper" || name == "list"))
        found = &value.list().items()[name == "list"];
      break;
    default:
      break;
  }
  if (found) return *found;
  return Value::undefined("a " + named(value) + " has no '" + std::string(name) + "'");
}

Value item(const Value& value, const Value& key, Budget& budget) {
  if (value.is_undefined()) use_of_undefined(value);
  if (value.is(Kind::dict)) {
    const bool unhashable = key.is(Kind::dict) || (key.is(Kind::list) && !key.list().is_tuple());
    if (const Value* found = unhashable ? nullptr : value.dict().find(key)) return *found;
  } else if (value.is(Kind::list)) {
    if (const auto at = place(key, value.list().size())) return value.list().items()[*at];
  } else if (value.is_text() && key.is_integer()) {
    budget.work(value.text().size());
    if (const auto at = place(key, length(value.text()))) {
      const std::string_view rest = value.text().substr(offset_of(value.text(), *at));
      return Value::text(budget, std::string(rest.substr(0, offset_of(rest, 1))), value.is_safe());
    }
  }
  if (key.is_text()) return attribute(value, key.text());
  return Value::undefined("a " + named(value) + " has no element " + repr(key, budget));
}

Value slice(const Value& value, const Value& start, const Value& stop, const Value& step,
            Budget& budget) {
  if (value.is_undefined()) use_of_undefined(value);
  if (value.is_text()) {
    budget.work(value.text().size());
    return slice_text(value, places(length(value.text()), start, stop, step), budget);
  }
  if (!value.is(Kind::list)) return Value::undefined("a " + named(value) + " cannot be sliced");
  const Values& items = value.list().items();
  const Places at = places(items.size(), start, stop, step);
  budget.room(at.count * sizeof(Value));
  Values taken;
  taken.reserve(at.count);
  for (size_t i = 0; i < at.count; ++i) taken.push_back(items[at[i]]);
  return List::make(budget, std::move(taken),
                    value.list().is_tuple() ? ListStyle::tuple : ListStyle::list);
}

bool is_iterable(const Value& value) {
  return value.is_undefined() || value.is_text() || value.is(Kind::list) || value.is(Kind::dict);
}

ListPtr iterate(const Value& value, Budget& budget) {
  if (value.is(Kind::list)) return value.list_ptr();
  if (!is_iterable(value)) fail("a " + named(value) + " cannot be iterated over");
  Values items;
  if (value.is(Kind::dict)) {
    budget.room(value.dict().entries().size() * sizeof(Value));
    for (const auto& [key, member] : value.dict().entries()) items.push_back(key);
  } else if (value.is_text()) {
    std::string_view rest = value.text();
    budget.room(rest.size() * sizeof(Value));
    while (!rest.empty()) {
      const std::string_view from = rest;
      take_point(rest);
      items.push_back(Value::text(budget, std::string(from.substr(0, from.size() - rest.size()))));
    }
  }
  return List::make(budget, std::move(items));
}

size_t size_of(const Value& value) {
  switch (value.kind()) {
    case Kind::undefined:
      return 0;
    case Kind::text:
      return length(value.text());
    case Kind::list:
      return value.list().size();
    case Kind::dict:
      return value.dict().entries().size();
    default:
      fail("a " + named(value) + " has no length");
  }
}

}  // namespace stoq::plugins::jinja
