// SPDX-License-Identifier: Apache-2.0
//
// Values of the template language: Python's, as far as JSON and templates make them. They are
// immutable and share what they hold. Those that come from JSON are read when first looked into.
#pragma once

#include <concepts>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "budget.h"
#include "stoq/sdk/json.h"

namespace stoq::plugins::jinja {

class Value;
class List;
class Dict;
struct Namespace;
using Values = std::vector<Value>;
using ListPtr = std::shared_ptr<const List>;
using DictPtr = std::shared_ptr<const Dict>;

struct None {};
struct Undefined {
  std::shared_ptr<const std::string> why;  // what a use of it is told
};
// An integer beyond 64 bits: to be printed and compared, not to be computed with.
struct BigInteger {
  std::shared_ptr<const std::string> digits;
};
struct Text {
  struct Body {
    std::string text;
    Charge charge;
  };
  std::shared_ptr<const Body> body;
  bool safe;  // HTML that is not to be escaped again
};
// In the order of Value's variant.
enum class Kind : uint8_t { undefined, none, boolean, integer, real, big, text, list, dict, space };

class Value {
 public:
  Value() = default;
  Value(None none) : data_(none) {}
  Value(Undefined undefined) : data_(std::move(undefined)) {}
  Value(std::same_as<bool> auto flag) : data_(flag) {}
  Value(std::same_as<int64_t> auto number) : data_(number) {}
  Value(std::same_as<double> auto number) : data_(number) {}
  Value(BigInteger big) : data_(std::move(big)) {}
  Value(Text text) : data_(std::move(text)) {}
  Value(ListPtr list) : data_(std::move(list)) {}
  Value(DictPtr dict) : data_(std::move(dict)) {}
  Value(std::same_as<Namespace*> auto space) : data_(space) {}

  static Value undefined(std::string why);
  // Belongs to the template: not charged.
  static Value literal(std::string text);
  static Value text(Budget& budget, std::string text, bool safe = false);
  // `json` must outlive the value.
  static Value from_json(Budget& budget, sdk::JsonView json);

  Kind kind() const { return static_cast<Kind>(data_.index()); }
  bool is(Kind kind) const { return this->kind() == kind; }
  bool is_undefined() const { return is(Kind::undefined); }
  bool is_text() const { return is(Kind::text); }
  bool is_integer() const { return is(Kind::integer) || is(Kind::boolean); }
  bool is_number() const { return is_integer() || is(Kind::real) || is(Kind::big); }
  bool is_safe() const { return is_text() && std::get<Text>(data_).safe; }

  // Of the kind that the name says; integer and real also of smaller kinds.
  std::string_view text() const { return std::get<Text>(data_).body->text; }
  bool boolean() const { return std::get<bool>(data_); }
  int64_t integer() const {
    return is(Kind::boolean) ? std::get<bool>(data_) : std::get<int64_t>(data_);
  }
  double real() const;
  std::string_view digits() const { return *std::get<BigInteger>(data_).digits; }
  const List& list() const { return *std::get<ListPtr>(data_); }
  const ListPtr& list_ptr() const { return std::get<ListPtr>(data_); }
  const Dict& dict() const { return *std::get<DictPtr>(data_); }
  Namespace& space() const { return *std::get<Namespace*>(data_); }
  std::string_view why() const;

  // The same text with another safety.
  Value with_safety(bool safe) const { return Text{std::get<Text>(data_).body, safe}; }
  unsigned depth() const;

 private:
  std::variant<Undefined, None, bool, int64_t, double, BigInteger, Text, ListPtr, DictPtr,
               Namespace*>
      data_;
};

// Bounds on nesting, for everything that recurses over values.
inline constexpr unsigned kJsonDepth = 256, kValueDepth = 300;

// How Python would print it. A group is a tuple of what groupby gives: .grouper and .list.
enum class ListStyle : uint8_t { list, tuple, group, keys, values, items };

class List {
 public:
  static ListPtr make(Budget& budget, Values items, ListStyle style = ListStyle::list);
  List(Budget& budget, std::string_view json, unsigned depth);
  List(Budget& budget, Values items, ListStyle style);

  const Values& items() const {
    if (json_.data()) read();
    return items_;
  }
  size_t size() const { return items().size(); }
  ListStyle style() const { return style_; }
  bool is_tuple() const { return style_ == ListStyle::tuple || style_ == ListStyle::group; }
  unsigned depth() const { return depth_; }

 private:
  void read() const;
  Budget& budget_;
  mutable std::string_view json_;
  mutable Values items_;
  mutable Charge charge_;
  ListStyle style_ = ListStyle::list;
  unsigned depth_ = 1;
};

class Dict {
 public:
  using Entry = std::pair<Value, Value>;

  static DictPtr make(Budget& budget, std::vector<Entry> entries);
  Dict(Budget& budget, std::string_view json, unsigned depth);
  // A later entry of the same key takes the place of an earlier one.
  Dict(Budget& budget, std::vector<Entry> entries);

  const std::vector<Entry>& entries() const {
    if (json_.data()) read();
    return entries_;
  }
  const Value* find(const Value& key) const;  // throws for a key that cannot be one
  const Value* find(std::string_view key) const;
  unsigned depth() const { return depth_; }

 private:
  void read() const;
  const std::multimap<size_t, size_t>& index() const;

  Budget& budget_;
  mutable std::string_view json_;
  mutable std::vector<Entry> entries_;
  mutable std::multimap<size_t, size_t> index_;  // a tree: hostile keys cannot slow it down
  mutable Charge charge_;
  unsigned depth_ = 1;
};

// What namespace() gives: the one thing that can change. It belongs to the rendering.
struct Namespace {
  std::vector<std::pair<std::string, Value>> members;
  const Value* find(std::string_view name) const;
  void set(std::string_view name, Value value);
};

bool truth(const Value& value);
bool equal(const Value& a, const Value& b, Budget& budget);
size_t hash(const Value& value, Budget& budget);  // throws where Python has none
std::string_view type_name(const Value& value);   // as Python names it

}  // namespace stoq::plugins::jinja
