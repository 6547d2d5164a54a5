// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stoq {

// A JSON value as it travels through the engine: canonical text, and a tree only for those who ask.
// Include <nlohmann/json.hpp> to use the tree. Once somebody has taken the mutable tree, the tree
// is the value and text() is written from it. Copies are deep. A const Json may be read from
// several threads as long as none of them calls tree() for the first time.
class Json {
 public:
  using Tree = nlohmann::ordered_json;

  Json() = default;  // null
  Json(std::nullptr_t) {}
  Json(bool value);
  Json(int value) : Json(static_cast<int64_t>(value)) {}
  Json(unsigned value) : Json(static_cast<uint64_t>(value)) {}
  Json(int64_t value);
  Json(uint64_t value);
  Json(double value);
  Json(std::string_view utf8);
  Json(const char* utf8) : Json(std::string_view(utf8)) {}
  Json(const std::string& utf8) : Json(std::string_view(utf8)) {}
  Json(const std::vector<std::string>& strings);
  // An object: Json{{"filename", "x.bin"}, {"size", 3}}.
  Json(std::initializer_list<std::pair<std::string_view, Json>> members);
  explicit Json(const Tree& tree);

  Json(const Json&);
  Json(Json&&) noexcept;
  Json& operator=(const Json&);
  Json& operator=(Json&&) noexcept;
  ~Json();

  static Json object() { return from_canonical("{}"); }
  static Json array() { return from_canonical("[]"); }
  // Any JSON text. StoqException says where it is broken.
  static Json parse(std::string_view text);
  // Text that is canonical already; not checked.
  static Json from_canonical(std::string text);

  // Canonical text on one line. Depth is what the text has; NaN and infinities in a tree become
  // null, bad UTF-8 U+FFFD.
  std::string text() const;
  // The same without a copy, unless the tree has been taken: then `scratch` holds it.
  std::string_view view(std::string& scratch) const;
  // Integers beyond 64 bits are doubles there, and the largest double where none holds them.
  const Tree& tree() const;
  Tree& tree();

  bool is_null() const { return !mutable_ && text_.empty() && !large_; }
  // A member of an object; null when there is none.
  Json get(std::string_view key) const;
  // The value as a string; `otherwise` when it is none.
  std::string string_or(std::string_view otherwise) const;

  friend bool operator==(const Json& a, const Json& b) { return a.text() == b.text(); }

 private:
  struct DeleteTree {
    void operator()(Tree* tree) const;
  };
  void keep(std::string text);
  const std::string& kept() const { return large_ ? *large_ : text_; }

  std::string text_;                          // empty: null, or a text …
  std::shared_ptr<const std::string> large_;  // … that copies share
  mutable std::unique_ptr<Tree, DeleteTree> tree_;
  bool mutable_ = false;  // the tree is the value
};

// Results by plugin name, in the order in which they came; names are unique.
class NamedResults : public std::vector<std::pair<std::string, Json>> {
 public:
  using std::vector<std::pair<std::string, Json>>::vector;
  const Json* find(std::string_view name) const;
  Json* find(std::string_view name);
  const Json& operator[](std::string_view name) const;  // StoqException when there is none
  void set(std::string_view name, Json value);
};

}  // namespace stoq
