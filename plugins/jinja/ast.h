// SPDX-License-Identifier: Apache-2.0
//
// A template, parsed. Nothing in it changes after that, so all threads render from one.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "callables.h"
#include "value.h"

namespace stoq::plugins::jinja {

enum class Op : uint8_t {
  constant,   // .constant
  name,       // .name
  body,       // what stands in the block that a filter is applied to
  list,       // parts
  tuple,      // parts
  dict,       // parts: key, value, key, value …
  attribute,  // parts[0] . name
  item,       // parts[0] [ parts[1] ]
  slice,      // parts[0] [ parts[1] : parts[2] : parts[3] ]; a part may be null
  call,       // name ( arguments )
  method,     // parts[0] . name ( arguments )
  filter,     // parts[0] | name ( arguments )
  test,       // parts[0] is name ( arguments )
  negate,     // - parts[0]
  invert,     // not parts[0]
  binary,     // parts[0] signs[0] parts[1]
  concat,     // parts joined by ~
  compare,    // parts[0] signs[0] parts[1] signs[1] parts[2] …
  both,       // and
  either,     // or
  choose,     // parts[0] if parts[1] else parts[2]; the last may be null
};

enum class Sign : uint8_t {
  add,
  subtract,
  multiply,
  divide,
  floor_divide,
  modulo,
  power,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  in,
  not_in
};

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

struct Expression {
  Op op = Op::constant;
  bool escape = true;  // whether autoescape is on where it stands
  uint32_t line = 0;
  uint32_t depth = 1;  // of what it holds, itself counted
  std::string name;
  Value constant;
  std::vector<ExpressionPtr> parts;
  size_t first_argument = 0;          // of a call: parts from here on are arguments
  std::vector<std::string> keywords;  // and the last of these are given by name
  std::vector<Sign> signs;
  const Filter* filter = nullptr;
  const Test* test = nullptr;
};

// What a value is put into: a name, a member of a namespace, or several of them.
struct Target {
  std::string name, member;
  std::vector<Target> parts;
};

struct Parameter {
  std::string name;
  ExpressionPtr otherwise;  // may be null
};

enum class Tag : uint8_t {
  data,     // text
  print,    // expressions[0]
  branch,   // if: expressions[i] leads to bodies[i]; a further body is the else
  loop,     // for: over expressions[0], where expressions[1] (may be null); bodies: each, else
  assign,   // set targets[0] = expressions[0]
  capture,  // set targets[0] to bodies[0], through expressions[0] (may be null)
  with,     // targets[i] = expressions[i] in bodies[0]
  macro,    // text with parameters and bodies[0]
  filter,   // bodies[0] through expressions[0]
  include,  // text
  block,    // text, bodies[0]
  extends   // text
};

struct Statement;
using Body = std::vector<Statement>;

struct Statement {
  Tag tag = Tag::data;
  bool escape = true;
  bool flag = false;  // include: ignore missing; block: scoped
  bool without_context = false;
  uint32_t line = 0;
  std::string text;
  std::vector<Target> targets;
  std::vector<ExpressionPtr> expressions;
  std::vector<Body> bodies;
  std::vector<Parameter> parameters;
};

// What one file holds.
struct Source {
  std::string name, parent;  // parent: of extends, else empty
  Body body;
  std::map<std::string, const Statement*, std::less<>> blocks;
};

}  // namespace stoq::plugins::jinja
