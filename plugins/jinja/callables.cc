// SPDX-License-Identifier: Apache-2.0
#include "callables.h"

#include <algorithm>
#include <charconv>
#include <iterator>

#include "callable_tables.h"
#include "operators.h"
#include "show.h"
#include "text.h"

namespace stoq::plugins::jinja {
namespace {

struct Parameters {
  std::vector<std::string_view> names;
  size_t required = 0;
};

Parameters read(std::string_view text) {
  Parameters parameters;
  if (text.empty()) return parameters;
  for (std::string_view name : split_at(text, ",", SIZE_MAX)) {
    if (name.ends_with('!')) {
      name.remove_suffix(1);
      ++parameters.required;
    }
    parameters.names.push_back(name);
  }
  return parameters;
}

template <class Entry>
const Entry* find_in(std::span<const Entry> entries, std::string_view name) {
  const auto found = std::find_if(entries.begin(), entries.end(),
                                  [&](const Entry& entry) { return entry.name == name; });
  return found == entries.end() ? nullptr : &*found;
}

template <class... Tables>
std::string names_of(const Tables&... tables) {
  std::vector<std::string_view> names;
  const auto add = [&](const auto& table) {
    for (const auto& entry : table) names.push_back(entry.name);
  };
  (add(tables), ...);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  std::string all;
  for (const std::string_view name : names) (all.empty() ? all : all.append(", ")).append(name);
  return all;
}

}  // namespace

std::string misfit(std::string_view what, std::string_view parameters, size_t positional,
                   const std::vector<std::string>& named) {
  if (parameters == "*") return "";
  const Parameters all = read(parameters);
  std::string takes =
      all.names.empty() ? "; it takes none" : "; it takes " + std::string(parameters);
  std::erase(takes, '!');
  const std::string whose(what);
  if (positional > all.names.size()) return whose + " is given too many arguments" + takes;
  for (const std::string& name : named) {
    const auto at = static_cast<size_t>(std::find(all.names.begin(), all.names.end(), name) -
                                        all.names.begin());
    if (at == all.names.size()) return whose + " has no argument '" + name + "'" + takes;
    if (at < positional) return whose + " is given the argument '" + name + "' twice" + takes;
  }
  for (size_t i = positional; i < all.required; ++i)
    if (std::find(named.begin(), named.end(), all.names[i]) == named.end())
      return whose + " needs the argument '" + std::string(all.names[i]) + "'" + takes;
  return "";
}

void Arguments::bind(std::string what, std::string_view parameters) {
  what_ = std::move(what);
  if (parameters == "*") return;
  std::vector<std::string> names;
  for (const Named& one : named) names.push_back(one.name);
  if (const std::string problem = misfit(what_, parameters, given.size(), names); !problem.empty())
    fail(problem);
  const Parameters all = read(parameters);
  for (Named& one : named) {
    const auto at = static_cast<size_t>(std::find(all.names.begin(), all.names.end(), one.name) -
                                        all.names.begin());
    if (given.size() <= at) given.resize(at + 1);
    given[at] = std::move(one.value);
  }
  named.clear();
}

Value Arguments::value(size_t index, Value otherwise) const {
  const Value* const found = find(index);
  return found ? *found : otherwise;
}

bool Arguments::flag(size_t index, bool otherwise) const {
  const Value* const found = find(index);
  return found ? truth(*found) : otherwise;
}

int64_t Arguments::integer(size_t index, int64_t otherwise) const {
  const Value* const found = find(index);
  if (found && !found->is_integer())
    fail(what_ + " needs an integer, not a " + std::string(type_name(*found)));
  return found ? found->integer() : otherwise;
}

size_t Arguments::count(size_t index, size_t otherwise) const {
  const int64_t number = integer(index, static_cast<int64_t>(otherwise));
  if (number < 0) fail(what_ + " needs a number that is not below zero");
  return static_cast<size_t>(number);
}

Value Arguments::text(size_t index, std::string_view otherwise) const {
  const Value* const found = find(index);
  return found ? as_text(*found, budget) : Value::text(budget, std::string(otherwise));
}

const Filter* find_filter(std::string_view name) {
  for (const auto& table :
       {text_filters(), markup_filters(), number_filters(), sequence_filters(), order_filters()})
    if (const Filter* const found = find_in(table, name)) return found;
  return nullptr;
}

const Test* find_test(std::string_view name) {
  return find_in(all_tests(), name);
}

bool is_method(std::string_view name) {
  return find_in(all_methods(), name) != nullptr;
}

const Method* find_method(Kind kind, std::string_view name) {
  for (const Method& method : all_methods())
    if (method.kind == kind && method.name == name) return &method;
  return nullptr;
}

std::string filter_names() {
  return names_of(text_filters(), markup_filters(), number_filters(), sequence_filters(),
                  order_filters());
}

std::string test_names() {
  return names_of(all_tests());
}

std::string method_names() {
  return names_of(all_methods());
}

std::vector<Value> attribute_path(const Value& attribute) {
  if (!attribute.is_text()) return {attribute};
  std::vector<Value> path;
  for (const std::string_view part : split_at(attribute.text(), ".", SIZE_MAX)) {
    int64_t number = 0;
    const auto parsed = std::from_chars(part.data(), part.data() + part.size(), number);
    const bool digits = !part.empty() && part.find_first_not_of("0123456789") == part.npos;
    path.push_back(digits && parsed.ec == std::errc() ? Value(number)
                                                      : Value::literal(std::string(part)));
  }
  return path;
}

Value follow(const Value& value, const std::vector<Value>& path, Budget& budget) {
  Value at = value;
  for (const Value& part : path) at = item(at, part, budget);
  return at;
}

}  // namespace stoq::plugins::jinja
