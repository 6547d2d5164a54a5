// SPDX-License-Identifier: Apache-2.0
#include "renderer.h"

#include "operators.h"
#include "renderer_detail.h"
#include "show.h"

namespace stoq::plugins::jinja {

void Renderer::Scope::set(std::string_view name, Value value) {
  std::erase_if(macros, [&](const auto& entry) { return entry.first == name; });
  for (auto& [known, old] : variables)
    if (known == name) {
      old = std::move(value);
      return;
    }
  variables.emplace_back(name, std::move(value));
}

std::string Renderer::run(sdk::JsonView response) {
  Output output{{}, Charge(budget_, 0)};
  out_ = &output;
  made_.emplace(budget_, 0);
  Scope globals(nullptr);
  globals.set("response", Value::from_json(budget_, response));
  Scope root(&globals);
  run_root(*source_, root);
  return std::move(output.text);
}

// A template, or the parent that it extends with its blocks put in.
void Renderer::run_root(const Source& source, Scope& root) {
  Blocks blocks;
  std::vector<const Source*> chain{&source};
  while (!chain.back()->parent.empty())
    chain.push_back(&sources_.find(chain.back()->parent)->second);
  for (const Source* one : chain)
    for (const auto& [name, statement] : one->blocks) blocks[name].push_back({statement, one});
  const Source* const source_before = source_;
  const Blocks* const blocks_before = std::exchange(blocks_, &blocks);
  Scope* const root_before = std::exchange(root_, &root);
  const auto* const super_before = std::exchange(super_, nullptr);
  for (const Source* one : chain) {
    source_ = one;
    Output nowhere{{}, Charge(budget_, 0)};
    Output* const out_before = out_;
    const bool replaced_before = replaced_;
    for (const Statement& statement : one->body) {
      if (statement.tag == Tag::extends) {
        out_ = &nowhere;
        replaced_ = true;
      } else {
        run(statement, root);
      }
    }
    out_ = out_before;
    replaced_ = replaced_before;
  }
  super_ = super_before;
  root_ = root_before;
  blocks_ = blocks_before;
  source_ = source_before;
}

void Renderer::run_body(const Body& body, Scope& scope) {
  for (const Statement& statement : body) run(statement, scope);
}

void Renderer::run(const Statement& statement, Scope& scope) {
  const Depth depth(*this);
  line_ = statement.line;
  budget_.step();
  switch (statement.tag) {
    case Tag::data:
      return write(statement.text);
    case Tag::print:
      return print(evaluate(*statement.expressions[0], scope), statement.escape);
    case Tag::branch:
      return branch(statement, scope);
    case Tag::loop:
      return loop(statement, scope);
    case Tag::assign:
      return assign(statement.targets[0], evaluate(*statement.expressions[0], scope), scope);
    case Tag::capture:
      return capture(statement, scope);
    case Tag::with:
      return with(statement, scope);
    case Tag::macro:
      std::erase_if(scope.variables, [&](const auto& v) { return v.first == statement.text; });
      std::erase_if(scope.macros, [&](const auto& m) { return m.first == statement.text; });
      scope.macros.emplace_back(statement.text, Macro{&statement, source_, &scope});
      return;
    case Tag::filter:
      return filter_block(statement, scope);
    case Tag::include:
      return include(statement, scope);
    case Tag::block:
      return block(statement, scope);
    case Tag::extends:
      return;
  }
}

void Renderer::write(std::string_view text) {
  if (replaced_) return;
  out_->charge.add(text.size());
  budget_.append(out_->text, text);
}

void Renderer::print(const Value& value, bool escape) {
  if (value.is_text() && (value.is_safe() || !escape))
    write(value.text());
  else
    write(escape ? escaped(value, budget_) : shown(value, budget_));
}

void Renderer::branch(const Statement& statement, Scope& scope) {
  size_t at = 0;
  while (at < statement.expressions.size() && !truth(evaluate(*statement.expressions[at], scope)))
    ++at;
  if (at < statement.bodies.size()) run_body(statement.bodies[at], scope);
}

ListPtr Renderer::loop_items(const Statement& statement, Scope& scope) {
  ListPtr items = iterate(evaluate(*statement.expressions[0], scope), budget_);
  if (!statement.expressions[1]) return items;
  Values kept;
  for (const Value& item : items->items()) {
    Scope inner(&scope);
    line_ = statement.line;
    assign(statement.targets[0], item, inner);
    if (truth(evaluate(*statement.expressions[1], inner))) kept.push_back(item);
  }
  return List::make(budget_, std::move(kept));
}

void Renderer::loop(const Statement& statement, Scope& scope) {
  Loop loop{.items = loop_items(statement, scope), .seen = {}};
  const size_t count = loop.items->size();
  for (; loop.at < count; ++loop.at) {
    Scope inner(&scope, &loop);
    line_ = statement.line;
    budget_.step();
    assign(statement.targets[0], loop.items->items()[loop.at], inner);
    run_body(statement.bodies[0], inner);
  }
  if (count > 0 || statement.bodies.size() < 2) return;
  Scope inner(&scope);
  run_body(statement.bodies[1], inner);
}

void Renderer::assign(const Target& target, Value value, Scope& scope) {
  if (!target.parts.empty()) {
    const ListPtr items = iterate(value, budget_);
    if (items->size() != target.parts.size())
      fail(std::to_string(target.parts.size()) + " names stand for " +
           std::to_string(items->size()) + " values");
    for (size_t i = 0; i < items->size(); ++i) assign(target.parts[i], items->items()[i], scope);
  } else if (target.member.empty()) {
    scope.set(target.name, std::move(value));
  } else {
    const Value* const space = find_variable(target.name, scope);
    if (!space || !space->is(Kind::space))
      fail("'" + target.name + "' is no namespace(), so its members cannot be set");
    space->space().set(target.member, std::move(value));
  }
}

void Renderer::capture(const Statement& statement, Scope& scope) {
  Value text = captured(statement.escape, [&] {
    Scope inner(&scope);
    run_body(statement.bodies[0], inner);
  });
  if (statement.expressions[0]) {
    const Value* const before = std::exchange(body_, &text);
    Value filtered = evaluate(*statement.expressions[0], scope);
    body_ = before;
    text = as_text(filtered, budget_).with_safety(statement.escape);
  }
  assign(statement.targets[0], std::move(text), scope);
}

void Renderer::with(const Statement& statement, Scope& scope) {
  Scope inner(&scope);
  for (size_t i = 0; i < statement.targets.size(); ++i)
    inner.set(statement.targets[i].name, evaluate(*statement.expressions[i], scope));
  run_body(statement.bodies[0], inner);
}

void Renderer::filter_block(const Statement& statement, Scope& scope) {
  const Value text = captured(statement.escape, [&] {
    Scope inner(&scope);
    run_body(statement.bodies[0], inner);
  });
  const Value* const before = std::exchange(body_, &text);
  const Value filtered = evaluate(*statement.expressions[0], scope);
  body_ = before;
  print(filtered, false);
}

void Renderer::include(const Statement& statement, Scope& scope) {
  const auto found = sources_.find(statement.text);
  if (found == sources_.end()) return;
  if (++includes_ > kMostIncludes)
    fail("templates include each other more than " + std::to_string(kMostIncludes) + " deep");
  Scope root(statement.without_context ? nullptr : &scope);
  const bool replaced = replaced_;
  run_root(found->second, root);
  replaced_ = replaced;
  --includes_;
}

void Renderer::block(const Statement& statement, Scope& scope) {
  if (replaced_) return;
  run_level(blocks_->find(statement.text)->second, 0, statement.flag ? scope : *root_);
}

void Renderer::run_level(const std::vector<Level>& levels, size_t level, Scope& scope) {
  const Source* const source = std::exchange(source_, levels[level].source);
  const auto* const super = std::exchange(super_, &levels);
  const size_t super_level = std::exchange(super_level_, level);
  Scope inner(&scope);
  run_body(levels[level].block->bodies[0], inner);
  super_level_ = super_level;
  super_ = super;
  source_ = source;
}

}  // namespace stoq::plugins::jinja
