// SPDX-License-Identifier: Apache-2.0
//
// The expressions of a Renderer.
#include <algorithm>

#include "operators.h"
#include "renderer.h"
#include "renderer_detail.h"

namespace stoq::plugins::jinja {

Renderer::Loop* Renderer::find_loop(const Scope& scope) {
  const Scope* at = &scope;
  while (at && !at->loop) at = at->parent;
  return at ? at->loop : nullptr;
}

const Value* Renderer::find_variable(std::string_view name, const Scope& scope) {
  for (const Scope* at = &scope; at; at = at->parent) {
    for (const auto& [known, value] : at->variables)
      if (known == name) return &value;
    for (const auto& [known, macro] : at->macros)
      if (known == name) return nullptr;
  }
  return nullptr;
}

const Renderer::Macro* Renderer::find_macro(std::string_view name, const Scope& scope) {
  for (const Scope* at = &scope; at; at = at->parent) {
    for (const auto& [known, macro] : at->macros)
      if (known == name) return &macro;
    for (const auto& [known, value] : at->variables)
      if (known == name) return nullptr;
  }
  return nullptr;
}

Value Renderer::evaluate(const Expression& node, Scope& scope) {
  if (node.op == Op::constant) return node.constant;
  const Depth depth(*this);
  budget_.step();
  line_ = node.line;
  return compute(node, scope);
}

Value Renderer::part(const Expression& node, size_t index, Scope& scope) {
  Value value = node.parts[index] ? evaluate(*node.parts[index], scope) : Value(None{});
  line_ = node.line;
  return value;
}

Values Renderer::all_parts(const Expression& node, Scope& scope) {
  Values values;
  for (size_t i = 0; i < node.parts.size(); ++i) values.push_back(part(node, i, scope));
  return values;
}

Value Renderer::compute(const Expression& node, Scope& scope) {
  switch (node.op) {
    case Op::constant:
      return node.constant;
    case Op::name:
      return name(node.name, scope);
    case Op::body:
      return *body_;
    case Op::list:
      return List::make(budget_, all_parts(node, scope));
    case Op::tuple:
      return List::make(budget_, all_parts(node, scope), ListStyle::tuple);
    case Op::dict:
      return dict(node, scope);
    case Op::attribute:
      return attribute_of(node, scope);
    case Op::item: {
      const Value value = part(node, 0, scope);
      return item(value, part(node, 1, scope), budget_);
    }
    case Op::slice: {
      const Values parts = all_parts(node, scope);
      return slice(parts[0], parts[1], parts[2], parts[3], budget_);
    }
    case Op::call:
      return call(node, scope);
    case Op::method:
      return method(node, scope);
    case Op::filter:
      return filter(node, scope);
    case Op::test:
      return test(node, scope);
    case Op::negate:
      return negate(part(node, 0, scope));
    case Op::invert:
      return !truth(part(node, 0, scope));
    case Op::binary:
      return binary(node, scope);
    case Op::concat:
      return concatenate(all_parts(node, scope), node.escape, budget_);
    case Op::compare:
      return compare(node, scope);
    case Op::both:
    case Op::either: {
      Value left = part(node, 0, scope);
      return truth(left) == (node.op == Op::both) ? part(node, 1, scope) : left;
    }
    case Op::choose:
      if (truth(part(node, 1, scope))) return part(node, 0, scope);
      if (node.parts[2]) return part(node, 2, scope);
      return Value::undefined("the 'if' did not hold and has no 'else', so the value is undefined");
  }
  return Value();
}

Value Renderer::name(std::string_view name, const Scope& scope) {
  if (name == "loop") {
    if (const Loop* const loop = find_loop(scope)) return loop_value(*loop);
  } else if (const Value* const variable = find_variable(name, scope)) {
    return *variable;
  } else if (find_macro(name, scope)) {
    fail("'" + std::string(name) + "' is a macro; call it as " + std::string(name) + "()");
  }
  return Value::undefined("'" + std::string(name) + "' is undefined");
}

Value Renderer::dict(const Expression& node, Scope& scope) {
  std::vector<Dict::Entry> entries;
  for (size_t i = 0; i < node.parts.size(); i += 2) {
    Value key = part(node, i, scope);
    entries.emplace_back(std::move(key), part(node, i + 1, scope));
  }
  return Dict::make(budget_, std::move(entries));
}

Value Renderer::attribute_of(const Expression& node, Scope& scope) {
  const Expression& subject = *node.parts[0];
  if (subject.op == Op::name && subject.name == "loop")
    if (const Loop* const loop = find_loop(scope)) return loop_member(*loop, node.name);
  return attribute(part(node, 0, scope), node.name);
}

Value Renderer::binary(const Expression& node, Scope& scope) {
  const Value left = part(node, 0, scope), right = part(node, 1, scope);
  switch (node.signs[0]) {
    case Sign::add:
      return add(left, right, budget_);
    case Sign::subtract:
      return subtract(left, right, budget_);
    case Sign::multiply:
      return multiply(left, right, budget_);
    case Sign::divide:
      return divide(left, right, budget_);
    case Sign::floor_divide:
      return floor_divide(left, right, budget_);
    case Sign::modulo:
      return modulo(left, right, budget_);
    default:
      return power(left, right, budget_);
  }
}

bool Renderer::compare(const Expression& node, Scope& scope) {
  const auto holds = [&](Sign sign, const Value& a, const Value& b) {
    switch (sign) {
      case Sign::equal:
        return equal(a, b, budget_);
      case Sign::not_equal:
        return !equal(a, b, budget_);
      case Sign::less:
        return jinja::compare(a, b, budget_) < 0;
      case Sign::less_equal:
        return jinja::compare(a, b, budget_) <= 0;
      case Sign::greater:
        return jinja::compare(a, b, budget_) > 0;
      case Sign::greater_equal:
        return jinja::compare(a, b, budget_) >= 0;
      case Sign::in:
        return contains(b, a, budget_);
      default:
        return !contains(b, a, budget_);
    }
  };
  Value left = part(node, 0, scope);
  for (size_t i = 0; i < node.signs.size(); ++i) {
    Value right = part(node, i + 1, scope);
    if (!holds(node.signs[i], left, right)) return false;
    left = std::move(right);
  }
  return true;
}

Arguments Renderer::arguments(const Expression& node, Scope& scope) {
  Arguments arguments(budget_, node.escape);
  const size_t by_place = node.parts.size() - node.keywords.size();
  for (size_t i = node.first_argument; i < node.parts.size(); ++i) {
    Value value = part(node, i, scope);
    if (i < by_place)
      arguments.given.emplace_back(std::move(value));
    else
      arguments.named.push_back({node.keywords[i - by_place], std::move(value)});
  }
  return arguments;
}

Value Renderer::filter(const Expression& node, Scope& scope) {
  const Value value = part(node, 0, scope);
  Arguments given = arguments(node, scope);
  given.bind("the filter '" + node.name + "'", node.filter->parameters);
  return node.filter->run(value, given);
}

bool Renderer::test(const Expression& node, Scope& scope) {
  const Value value = part(node, 0, scope);
  Arguments given = arguments(node, scope);
  given.bind("the test '" + node.name + "'", node.test->parameters);
  return node.test->run(value, given);
}

}  // namespace stoq::plugins::jinja
