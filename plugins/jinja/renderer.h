// SPDX-License-Identifier: Apache-2.0
//
// Walks over a template and writes what it says. Recursion follows the template, never the data,
// and has a bound.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ast.h"
#include "budget.h"
#include "value.h"

namespace stoq::plugins::jinja {

using Sources = std::map<std::string, Source, std::less<>>;

// One rendering.
class Renderer {
 public:
  Renderer(const Sources& sources, const Source& main, Budget& budget)
      : sources_(sources), budget_(budget), source_(&main) {}

  // Throws Failure; then source_name() and line() tell where.
  std::string run(sdk::JsonView response);

  const std::string& source_name() const { return source_->name; }
  uint32_t line() const { return line_; }

 private:
  struct Scope;
  struct Macro {
    const Statement* node;
    const Source* source;
    Scope* home;  // where its free names are looked up
  };
  struct Loop {
    ListPtr items;
    size_t at = 0;
    std::optional<Values> seen;  // by loop.changed()
  };
  // Names; a scope never outlives its parent, and nothing holds one but the stack.
  struct Scope {
    explicit Scope(Scope* around, Loop* of = nullptr) : parent(around), loop(of) {}
    Scope* const parent;
    Loop* const loop;
    std::vector<std::pair<std::string_view, Value>> variables;
    std::vector<std::pair<std::string_view, Macro>> macros;
    void set(std::string_view name, Value value);
  };
  struct Level {  // of a block, which a child may have replaced
    const Statement* block;
    const Source* source;
  };
  using Blocks = std::map<std::string_view, std::vector<Level>>;
  struct Output {
    std::string text;
    Charge charge;
  };
  struct Given {  // arguments of a call
    Values values;
    std::vector<std::pair<std::string_view, Value>> named;
  };
  class Depth;

  void run_root(const Source& source, Scope& root);
  void run_body(const Body& body, Scope& scope);
  void run(const Statement& statement, Scope& scope);
  void branch(const Statement& statement, Scope& scope);
  void loop(const Statement& statement, Scope& scope);
  ListPtr loop_items(const Statement& statement, Scope& scope);
  void assign(const Target& target, Value value, Scope& scope);
  void capture(const Statement& statement, Scope& scope);
  void with(const Statement& statement, Scope& scope);
  void filter_block(const Statement& statement, Scope& scope);
  void include(const Statement& statement, Scope& scope);
  void block(const Statement& statement, Scope& scope);
  void run_level(const std::vector<Level>& levels, size_t level, Scope& scope);
  void write(std::string_view text);
  void print(const Value& value, bool escape);
  // What `body` writes, as a value; safe where autoescape is on.
  template <class Body>
  Value captured(bool escape, const Body& body);

  Value evaluate(const Expression& node, Scope& scope);
  Value compute(const Expression& node, Scope& scope);
  Value name(std::string_view name, const Scope& scope);
  Value binary(const Expression& node, Scope& scope);
  bool compare(const Expression& node, Scope& scope);
  Value part(const Expression& node, size_t index, Scope& scope);
  Values all_parts(const Expression& node, Scope& scope);
  Value dict(const Expression& node, Scope& scope);
  Value attribute_of(const Expression& node, Scope& scope);
  Value filter(const Expression& node, Scope& scope);
  bool test(const Expression& node, Scope& scope);
  Arguments arguments(const Expression& node, Scope& scope);
  Value method(const Expression& node, Scope& scope);
  Value loop_method(const Expression& node, Loop& loop, Scope& scope);
  Value loop_value(const Loop& loop);
  Value loop_member(const Loop& loop, std::string_view name);
  Value call(const Expression& node, Scope& scope);
  Value call_macro(const Macro& macro, const Given& given);
  Value call_function(const Expression& node, const Given& given);
  Value call_super();
  Given given(const Expression& node, Scope& scope);
  Value range(const Values& bounds);

  static Loop* find_loop(const Scope& scope);
  static const Macro* find_macro(std::string_view name, const Scope& scope);
  static const Value* find_variable(std::string_view name, const Scope& scope);

  const Sources& sources_;
  Budget& budget_;
  const Source* source_;
  uint32_t line_ = 1;
  unsigned depth_ = 0, includes_ = 0;
  Output* out_ = nullptr;
  const Blocks* blocks_ = nullptr;
  Scope* root_ = nullptr;  // of the template at hand
  bool replaced_ = false;  // a child's text outside of blocks goes nowhere
  const std::vector<Level>* super_ = nullptr;
  size_t super_level_ = 0;
  const Value* body_ = nullptr;  // what Op::body stands for
  std::optional<Charge> made_;   // for these:
  std::deque<Namespace> namespaces_;
};

}  // namespace stoq::plugins::jinja
