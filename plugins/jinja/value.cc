// SPDX-License-Identifier: Apache-2.0
#include "value.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <functional>

namespace stoq::plugins::jinja {
namespace {

constexpr size_t kIndexFrom = 9;  // entries

[[noreturn]] void too_deep() {
  fail("a value would be nested more than " + std::to_string(kValueDepth) + " deep");
}

Value json_value(Budget& budget, sdk::JsonView json, unsigned depth) {
  switch (json.kind()) {
    case sdk::JsonKind::missing:
      return Value();
    case sdk::JsonKind::null:
      return None{};
    case sdk::JsonKind::boolean:
      return json.bool_or(false);
    case sdk::JsonKind::integer: {
      int64_t number = 0;
      const std::string_view text = json.text();
      const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (ec == std::errc() && end == text.data() + text.size()) return number;
      return BigInteger{std::make_shared<const std::string>(text)};
    }
    case sdk::JsonKind::number:
      return json.double_or(0);
    case sdk::JsonKind::string:
      budget.room(json.text().size());
      return Value::text(budget, json.string_or(""));
    case sdk::JsonKind::array:
    case sdk::JsonKind::object:
      break;
  }
  if (depth == 0) too_deep();
  if (json.kind() == sdk::JsonKind::array)
    return ListPtr(std::make_shared<const List>(budget, json.text(), depth));
  return DictPtr(std::make_shared<const Dict>(budget, json.text(), depth));
}

bool equal_lists(const List& a, const List& b, Budget& budget) {
  return a.is_tuple() == b.is_tuple() && a.size() == b.size() &&
         std::equal(a.items().begin(), a.items().end(), b.items().begin(),
                    [&](const Value& x, const Value& y) { return equal(x, y, budget); });
}

bool equal_dicts(const Dict& a, const Dict& b, Budget& budget) {
  if (a.entries().size() != b.entries().size()) return false;
  return std::all_of(a.entries().begin(), a.entries().end(), [&](const Dict::Entry& entry) {
    const Value* other = b.find(entry.first);
    return other && equal(entry.second, *other, budget);
  });
}

bool equal_numbers(const Value& a, const Value& b) {
  if (a.is(Kind::big) && b.is(Kind::big)) return a.digits() == b.digits();
  if (a.is_integer() && b.is_integer()) return a.integer() == b.integer();
  if (a.is_integer() || b.is_integer()) {
    const Value& integer = a.is_integer() ? a : b;
    const Value& other = a.is_integer() ? b : a;
    return other.is(Kind::real) && static_cast<long double>(integer.integer()) == other.real();
  }
  return a.real() == b.real();
}

}  // namespace

Value Value::undefined(std::string why) {
  return Undefined{std::make_shared<const std::string>(std::move(why))};
}

Value Value::literal(std::string text) {
  return Text{std::make_shared<const Text::Body>(Text::Body{std::move(text), {}}), false};
}

Value Value::text(Budget& budget, std::string text, bool safe) {
  Charge charge(budget, sizeof(Text::Body) + text.size());
  return Text{std::make_shared<const Text::Body>(Text::Body{std::move(text), std::move(charge)}),
              safe};
}

Value Value::from_json(Budget& budget, sdk::JsonView json) {
  return json_value(budget, json, kJsonDepth);
}

double Value::real() const {
  switch (kind()) {
    case Kind::real:
      return std::get<double>(data_);
    case Kind::big:
      return std::strtod(std::get<BigInteger>(data_).digits->c_str(), nullptr);
    default:
      return static_cast<double>(integer());
  }
}

std::string_view Value::why() const {
  const auto& why = std::get<Undefined>(data_).why;
  return why ? std::string_view(*why) : std::string_view("the value is undefined");
}

unsigned Value::depth() const {
  return is(Kind::list) ? list().depth() : is(Kind::dict) ? dict().depth() : 0;
}

List::List(Budget& budget, std::string_view json, unsigned depth)
    : budget_(budget), json_(json), charge_(budget, sizeof *this), depth_(depth) {}

List::List(Budget& budget, Values items, ListStyle style)
    : budget_(budget),
      items_(std::move(items)),
      charge_(budget, sizeof *this + items_.size() * sizeof(Value)),
      style_(style) {
  for (const Value& item : items_) depth_ = std::max(depth_, item.depth() + 1);
  if (depth_ > kValueDepth) too_deep();
}

ListPtr List::make(Budget& budget, Values items, ListStyle style) {
  return std::make_shared<const List>(budget, std::move(items), style);
}

void List::read() const {
  Values items;
  budget_.work(json_.size());
  for (const sdk::JsonView& element : sdk::JsonView(json_).elements()) {
    charge_.add(sizeof(Value));
    items.push_back(json_value(budget_, element, depth_ - 1));
  }
  items_ = std::move(items);
  json_ = {};
}

Dict::Dict(Budget& budget, std::string_view json, unsigned depth)
    : budget_(budget), json_(json), charge_(budget, sizeof *this), depth_(depth) {}

Dict::Dict(Budget& budget, std::vector<Entry> entries)
    : budget_(budget), charge_(budget, sizeof *this + entries.size() * sizeof(Entry)) {
  std::multimap<size_t, size_t> seen;
  for (Entry& entry : entries) {
    depth_ = std::max({depth_, entry.first.depth() + 1, entry.second.depth() + 1});
    const size_t code = hash(entry.first, budget);
    const auto [first, last] = seen.equal_range(code);
    const auto same = std::find_if(first, last, [&](const auto& place) {
      return equal(entries_[place.second].first, entry.first, budget);
    });
    if (same != last) {
      entries_[same->second].second = std::move(entry.second);
    } else {
      seen.emplace(code, entries_.size());
      entries_.push_back(std::move(entry));
    }
  }
  if (depth_ > kValueDepth) too_deep();
}

DictPtr Dict::make(Budget& budget, std::vector<Entry> entries) {
  return std::make_shared<const Dict>(budget, std::move(entries));
}

void Dict::read() const {
  std::vector<Entry> entries;
  budget_.work(json_.size());
  for (const auto& [key, value] : sdk::JsonView(json_).members()) {
    charge_.add(sizeof(Entry));
    entries.emplace_back(Value::text(budget_, key), json_value(budget_, value, depth_ - 1));
  }
  entries_ = std::move(entries);
  json_ = {};
}

const std::multimap<size_t, size_t>& Dict::index() const {
  if (index_.empty()) {
    charge_.add(entries_.size() * 8 * sizeof(size_t));
    for (size_t i = 0; i < entries_.size(); ++i)
      index_.emplace(hash(entries_[i].first, budget_), i);
  }
  return index_;
}

const Value* Dict::find(const Value& key) const {
  const size_t wanted = hash(key, budget_);
  if (entries().size() < kIndexFrom) {
    for (const auto& [name, value] : entries_)
      if (equal(name, key, budget_)) return &value;
    return nullptr;
  }
  const auto [first, last] = index().equal_range(wanted);
  for (auto place = first; place != last; ++place)
    if (equal(entries_[place->second].first, key, budget_)) return &entries_[place->second].second;
  return nullptr;
}

const Value* Dict::find(std::string_view key) const {
  const auto has_it = [&](const Entry& entry) {
    return entry.first.is_text() && entry.first.text() == key;
  };
  if (entries().size() < kIndexFrom) {
    const auto found = std::find_if(entries_.begin(), entries_.end(), has_it);
    return found == entries_.end() ? nullptr : &found->second;
  }
  const auto [first, last] = index().equal_range(std::hash<std::string_view>{}(key));
  for (auto place = first; place != last; ++place)
    if (has_it(entries_[place->second])) return &entries_[place->second].second;
  return nullptr;
}

const Value* Namespace::find(std::string_view name) const {
  for (const auto& [key, value] : members)
    if (key == name) return &value;
  return nullptr;
}

void Namespace::set(std::string_view name, Value value) {
  for (auto& [key, old] : members)
    if (key == name) {
      old = std::move(value);
      return;
    }
  members.emplace_back(name, std::move(value));
}

bool truth(const Value& value) {
  switch (value.kind()) {
    case Kind::undefined:
    case Kind::none:
      return false;
    case Kind::boolean:
    case Kind::integer:
      return value.integer() != 0;
    case Kind::real:
      return value.real() != 0;
    case Kind::text:
      return !value.text().empty();
    case Kind::list:
      return value.list().size() != 0;
    case Kind::dict:
      return !value.dict().entries().empty();
    case Kind::big:
    case Kind::space:
      return true;
  }
  return true;
}

bool equal(const Value& a, const Value& b, Budget& budget) {
  budget.step();
  if (a.is_number() && b.is_number()) return equal_numbers(a, b);
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Kind::text:
      budget.work(a.text().size());
      return a.text() == b.text();
    case Kind::list:
      return a.list_ptr() == b.list_ptr() || equal_lists(a.list(), b.list(), budget);
    case Kind::dict:
      return &a.dict() == &b.dict() || equal_dicts(a.dict(), b.dict(), budget);
    case Kind::space:
      return &a.space() == &b.space();
    default:
      return true;
  }
}

size_t hash(const Value& value, Budget& budget) {
  budget.step();
  switch (value.kind()) {
    case Kind::boolean:
    case Kind::integer:
      return std::hash<int64_t>{}(value.integer());
    case Kind::real: {
      const double number = value.real();
      if (std::trunc(number) == number && std::abs(number) < 9e18)
        return std::hash<int64_t>{}(static_cast<int64_t>(number));
      return std::hash<double>{}(number);
    }
    case Kind::big:
      return std::hash<double>{}(value.real());
    case Kind::text:
      budget.work(value.text().size());
      return std::hash<std::string_view>{}(value.text());
    case Kind::list:
      if (value.list().is_tuple()) {
        size_t sum = 1;
        for (const Value& item : value.list().items()) sum = sum * 31 + hash(item, budget);
        return sum;
      }
      [[fallthrough]];
    case Kind::dict:
      fail("a " + std::string(type_name(value)) + " cannot be a key of a dict");
    default:
      return static_cast<size_t>(value.kind());
  }
}

std::string_view type_name(const Value& value) {
  switch (value.kind()) {
    case Kind::undefined:
      return "undefined value";
    case Kind::none:
      return "None";
    case Kind::boolean:
      return "bool";
    case Kind::integer:
    case Kind::big:
      return "int";
    case Kind::real:
      return "float";
    case Kind::text:
      return "str";
    case Kind::list:
      return value.list().is_tuple() ? "tuple" : "list";
    case Kind::dict:
      return "dict";
    case Kind::space:
      return "namespace";
  }
  return "value";
}

}  // namespace stoq::plugins::jinja
