// SPDX-License-Identifier: Apache-2.0
//
// What a Renderer calls: methods, macros and functions.
#include <algorithm>

#include "operators.h"
#include "renderer.h"
#include "renderer_detail.h"

namespace stoq::plugins::jinja {

Value Renderer::method(const Expression& node, Scope& scope) {
  const Expression& subject = *node.parts[0];
  if (subject.op == Op::name && subject.name == "loop") {
    if (Loop* const loop = find_loop(scope)) return loop_method(node, *loop, scope);
    fail("'loop' is undefined outside of a {% for %}");
  }
  const Value value = part(node, 0, scope);
  Arguments given = arguments(node, scope);
  if (value.is_undefined()) use_of_undefined(value);
  const Method* const method = find_method(value.kind(), node.name);
  if (!method) fail("a " + std::string(type_name(value)) + " has no method ." + node.name + "()");
  given.bind("the method ." + node.name + "()", method->parameters);
  return method->run(value, given);
}

Value Renderer::loop_member(const Loop& loop, std::string_view name) {
  const auto at = static_cast<int64_t>(loop.at), count = static_cast<int64_t>(loop.items->size());
  if (name == "index") return int64_t{at + 1};
  if (name == "index0") return at;
  if (name == "revindex") return int64_t{count - at};
  if (name == "revindex0") return int64_t{count - at - 1};
  if (name == "first") return at == 0;
  if (name == "last") return at + 1 == count;
  if (name == "length") return count;
  if (name == "depth") return int64_t{1};
  if (name == "depth0") return int64_t{0};
  if (name == "previtem" && loop.at > 0) return loop.items->items()[loop.at - 1];
  if (name == "nextitem" && at + 1 < count) return loop.items->items()[loop.at + 1];
  return Value::undefined("loop has no '" + std::string(name) + "' here");
}

// As it stands now: a copy that an inner loop can still ask.
Value Renderer::loop_value(const Loop& loop) {
  static constexpr const char* kMembers[] = {"index",  "index0",   "revindex", "revindex0",
                                             "first",  "last",     "length",   "depth",
                                             "depth0", "previtem", "nextitem"};
  std::vector<Dict::Entry> entries;
  for (const char* const member : kMembers)
    if (Value value = loop_member(loop, member); !value.is_undefined())
      entries.emplace_back(Value::literal(member), std::move(value));
  return Dict::make(budget_, std::move(entries));
}

Value Renderer::loop_method(const Expression& node, Loop& loop, Scope& scope) {
  Values values;
  for (size_t i = 1; i < node.parts.size(); ++i) values.push_back(part(node, i, scope));
  if (node.name == "cycle") return values[loop.at % values.size()];
  const auto same = [&](const Value& a, const Value& b) { return equal(a, b, budget_); };
  const bool changed = !loop.seen || !std::equal(values.begin(), values.end(), loop.seen->begin(),
                                                 loop.seen->end(), same);
  loop.seen = std::move(values);
  return changed;
}

Renderer::Given Renderer::given(const Expression& node, Scope& scope) {
  Given given;
  const size_t by_place = node.parts.size() - node.keywords.size();
  for (size_t i = node.first_argument; i < node.parts.size(); ++i) {
    Value value = part(node, i, scope);
    if (i < by_place)
      given.values.push_back(std::move(value));
    else
      given.named.emplace_back(node.keywords[i - by_place], std::move(value));
  }
  return given;
}

Value Renderer::call(const Expression& node, Scope& scope) {
  const Given arguments = given(node, scope);
  line_ = node.line;
  if (const Macro* const macro = find_macro(node.name, scope)) return call_macro(*macro, arguments);
  if (const Value* const variable = find_variable(node.name, scope))
    fail("'" + node.name + "' is a " + std::string(type_name(*variable)) + " and cannot be called");
  if (node.name == "super") return call_super();
  return call_function(node, arguments);
}

Value Renderer::call_macro(const Macro& macro, const Given& given) {
  const Statement& node = *macro.node;
  const std::string whose = "the macro '" + node.text + "'";
  if (given.values.size() > node.parameters.size())
    fail(whose + " takes at most " + std::to_string(node.parameters.size()) + " arguments");
  for (const auto& [name, value] : given.named)
    if (std::none_of(node.parameters.begin(), node.parameters.end(),
                     [&](const Parameter& parameter) { return parameter.name == name; }))
      fail(whose + " has no parameter '" + std::string(name) + "'");
  const Depth depth(*this);
  const uint32_t line = line_;
  const Source* const source = std::exchange(source_, macro.source);
  Scope scope(macro.home);
  for (size_t i = 0; i < node.parameters.size(); ++i) {
    const Parameter& parameter = node.parameters[i];
    const auto by_name = std::find_if(given.named.begin(), given.named.end(),
                                      [&](const auto& one) { return one.first == parameter.name; });
    if (by_name != given.named.end() && i < given.values.size())
      fail(whose + " is given '" + parameter.name + "' twice");
    scope.set(parameter.name,
              i < given.values.size()        ? given.values[i]
              : by_name != given.named.end() ? by_name->second
              : parameter.otherwise
                  ? evaluate(*parameter.otherwise, scope)
                  : Value::undefined("the parameter '" + parameter.name + "' was not given"));
  }
  Value text = captured(node.escape, [&] { run_body(node.bodies[0], scope); });
  source_ = source;
  line_ = line;
  return text;
}

Value Renderer::call_super() {
  if (!super_ || super_level_ + 1 >= super_->size())
    fail("super() finds no block of this name in a parent");
  const std::vector<Level>& levels = *super_;
  const size_t level = super_level_ + 1;
  return captured(levels[level].block->escape, [&] { run_level(levels, level, *root_); });
}

Value Renderer::call_function(const Expression& node, const Given& given) {
  if (node.name == "range") return range(given.values);
  if (node.name == "dict") {
    std::vector<Dict::Entry> entries;
    for (const auto& [name, value] : given.named)
      entries.emplace_back(Value::literal(std::string(name)), value);
    return Dict::make(budget_, std::move(entries));
  }
  if (node.name == "namespace") {
    made_->add(sizeof(Namespace));
    Namespace& space = namespaces_.emplace_back();
    for (const auto& [name, value] : given.named) space.set(name, value);
    return &space;
  }
  fail("'" + node.name + "' is undefined here");
}

Value Renderer::range(const Values& bounds) {
  for (const Value& bound : bounds)
    if (!bound.is_integer()) fail("range() needs integers, not a " + std::string(type_name(bound)));
  if (bounds.empty()) fail("range() takes its bounds by place: range(start, stop, step)");
  const int64_t start = bounds.size() > 1 ? bounds[0].integer() : 0;
  const int64_t stop = bounds[bounds.size() > 1].integer();
  const int64_t step = bounds.size() > 2 ? bounds[2].integer() : 1;
  if (step == 0) fail("the step of range() cannot be zero");
  Values numbers;
  Charge growing(budget_, 0);
  for (int64_t at = start; step > 0 ? at < stop : at > stop;) {
    growing.add(sizeof(Value));
    numbers.push_back(int64_t{at});
    if (__builtin_add_overflow(at, step, &at)) break;
  }
  return List::make(budget_, std::move(numbers));
}

}  // namespace stoq::plugins::jinja
