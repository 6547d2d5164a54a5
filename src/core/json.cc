// SPDX-License-Identifier: Apache-2.0
#include "stoq/json.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>

#include "json/canonical.h"
#include "stoq/exceptions.h"
#include "stoq/sdk/json.h"

namespace stoq {
namespace {

constexpr size_t kLarge = 1024;  // bytes
constexpr json::Limits kAny{.max_size = SIZE_MAX / 16, .max_depth = 100'000};

std::string canonical_of(const Json::Tree& tree) {
  // dump replaces bad UTF-8 and writes NaN as null; numbers and layout are the canonicaliser's.
  std::string out;
  json::canonicalise(tree.dump(-1, ' ', false, Json::Tree::error_handler_t::replace), out, kAny);
  return out;
}

// Integers may have any number of digits; a tree's number holds no more than a double.
std::string with_finite_numbers(std::string_view text) {
  std::string out;
  for (size_t at = 0, end; at < text.size(); at = end) {
    end = at + 1;
    if (text[at] == '"') {
      while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
      end = std::min(end + 1, text.size());
    } else if (text[at] == '-' || (text[at] >= '0' && text[at] <= '9')) {
      end = std::min(text.find_first_not_of("0123456789+-.eE", at), text.size());
    }
    const std::string_view token = text.substr(at, end - at);
    double number = 0;
    const bool too_large = token.find_first_not_of("0123456789-") == token.npos &&
                           std::from_chars(token.data(), token.data() + token.size(), number).ec ==
                               std::errc::result_out_of_range;
    out += !too_large             ? token
           : token.front() == '-' ? "-1.7976931348623157e+308"
                                  : "1.7976931348623157e+308";
  }
  return out;
}

}  // namespace

Json::Json(bool value) : text_(value ? "true" : "false") {}
Json::Json(int64_t value) : text_(std::to_string(value)) {}
Json::Json(uint64_t value) : text_(std::to_string(value)) {}
Json::Json(double value) {
  sdk::JsonWriter w;
  w.value(value);
  keep(w.take());
}
Json::Json(std::string_view utf8) {
  std::string text;
  sdk::append_quoted(text, utf8);
  keep(std::move(text));
}
Json::Json(const std::vector<std::string>& strings) {
  sdk::JsonWriter w;
  w.begin_array();
  for (const std::string& s : strings) w.value(std::string_view(s));
  w.end_array();
  keep(w.take());
}
Json::Json(std::initializer_list<std::pair<std::string_view, Json>> members) {
  sdk::JsonWriter w;
  w.begin_object();
  for (const auto& [key, value] : members) {
    w.key(key);
    w.raw(value.text());
  }
  w.end_object();
  keep(w.take());
}
Json::Json(const Tree& tree) {
  keep(canonical_of(tree));
}

Json::Json(const Json& other)
    : text_(other.text_),
      large_(other.large_),
      tree_(other.mutable_ ? new Tree(*other.tree_) : nullptr),
      mutable_(other.mutable_) {}
Json::Json(Json&&) noexcept = default;
Json& Json::operator=(const Json& other) {
  if (this != &other) *this = Json(other);
  return *this;
}
Json& Json::operator=(Json&&) noexcept = default;
Json::~Json() = default;
void Json::DeleteTree::operator()(Tree* tree) const {
  delete tree;
}

Json Json::parse(std::string_view text) {
  std::string out;
  if (auto outcome = json::canonicalise(text, out, kAny); !outcome)
    throw StoqException("not JSON: " + outcome.message);
  return from_canonical(std::move(out));
}

Json Json::from_canonical(std::string text) {
  Json json;
  json.keep(std::move(text));
  return json;
}

void Json::keep(std::string text) {
  if (text.size() < kLarge)
    text_ = std::move(text);
  else
    large_ = std::make_shared<const std::string>(std::move(text));
}

std::string_view Json::view(std::string& scratch) const {
  if (mutable_) {
    scratch = canonical_of(*tree_);
    return scratch;
  }
  return kept().empty() ? std::string_view("null") : std::string_view(kept());
}

std::string Json::text() const {
  std::string scratch;
  return std::string(view(scratch));
}

const Json::Tree& Json::tree() const {
  if (tree_) return *tree_;
  try {
    tree_.reset(new Tree(kept().empty() ? Tree() : Tree::parse(kept())));
  } catch (const Tree::out_of_range&) {
    tree_.reset(new Tree(Tree::parse(with_finite_numbers(kept()))));
  }
  return *tree_;
}

Json::Tree& Json::tree() {
  std::as_const(*this).tree();
  mutable_ = true;
  return *tree_;
}

Json Json::get(std::string_view key) const {
  std::string scratch;
  const sdk::JsonView member = sdk::JsonView(view(scratch))[key];
  if (member.kind() == sdk::JsonKind::missing) return {};
  return from_canonical(std::string(member.text()));
}

std::string Json::string_or(std::string_view otherwise) const {
  std::string scratch;
  return sdk::JsonView(view(scratch)).as_string().value_or(std::string(otherwise));
}

const Json* NamedResults::find(std::string_view name) const {
  for (const auto& [key, value] : *this)
    if (key == name) return &value;
  return nullptr;
}
Json* NamedResults::find(std::string_view name) {
  return const_cast<Json*>(std::as_const(*this).find(name));
}

const Json& NamedResults::operator[](std::string_view name) const {
  if (const Json* found = find(name)) return *found;
  throw StoqException("there is no result of '" + std::string(name) + "' here");
}

void NamedResults::set(std::string_view name, Json value) {
  if (Json* found = find(name))
    *found = std::move(value);
  else
    emplace_back(std::string(name), std::move(value));
}

}  // namespace stoq
