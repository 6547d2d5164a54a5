// SPDX-License-Identifier: Apache-2.0
//
// The filters, tests and methods that there are, and what they are given.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "value.h"

namespace stoq::plugins::jinja {

struct Named {
  std::string name;
  Value value;
};

// What a call gives besides its subject, in the order of the declared parameters.
class Arguments {
 public:
  Arguments(Budget& to_use, bool escaping) : budget(to_use), escape(escaping) {}

  // Puts what is given by name in its place. Throws Failure where it does not fit `parameters`.
  void bind(std::string what, std::string_view parameters);

  const Value* find(size_t index) const {
    return index < given.size() && given[index] ? &*given[index] : nullptr;
  }
  // What is given or, where nothing is, another. Throw Failure for values of another type.
  Value value(size_t index, Value otherwise) const;
  bool flag(size_t index, bool otherwise = false) const;
  int64_t integer(size_t index, int64_t otherwise) const;
  size_t count(size_t index, size_t otherwise) const;  // not negative
  Value text(size_t index, std::string_view otherwise) const;

  Budget& budget;
  const bool escape;  // whether autoescape is on
  std::vector<std::optional<Value>> given;
  std::vector<Named> named;

 private:
  std::string what_;
};

// Parameters: names with commas between, the required ones with '!' behind; "*" takes anything.
struct Filter {
  std::string_view name, parameters;
  Value (*run)(const Value& value, Arguments& arguments);
};
struct Test {
  std::string_view name, parameters;
  bool (*run)(const Value& value, Arguments& arguments);
};
struct Method {
  std::string_view name, parameters;
  Kind kind;
  Value (*run)(const Value& value, Arguments& arguments);
};

const Filter* find_filter(std::string_view name);
const Test* find_test(std::string_view name);
bool is_method(std::string_view name);  // of any kind of value
const Method* find_method(Kind kind, std::string_view name);

// "abs, batch, …", for messages.
std::string filter_names();
std::string test_names();
std::string method_names();

// Why so many arguments with these names do not fit, or nothing.
std::string misfit(std::string_view what, std::string_view parameters, size_t positional,
                   const std::vector<std::string>& named);

// The parts of an attribute such as "a.b.0", and what they lead to.
std::vector<Value> attribute_path(const Value& attribute);
Value follow(const Value& value, const std::vector<Value>& path, Budget& budget);

}  // namespace stoq::plugins::jinja
