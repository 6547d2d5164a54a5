// SPDX-License-Identifier: Apache-2.0
//
// Tokens to a Source.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ast.h"
#include "lexer.h"

namespace stoq::plugins::jinja {

// Deepest nesting of expressions, and of tags.
inline constexpr uint32_t kExpressionDepth = 60, kStatementDepth = 30;

// What a source defines, and what it needs from elsewhere with the line that names it.
struct Mentions {
  std::set<std::string, std::less<>> defined;             // macros and variables
  std::vector<std::pair<std::string, uint32_t>> called;   // functions and macros
  std::vector<std::pair<std::string, uint32_t>> wanted;   // templates that must be there
  std::vector<std::pair<std::string, uint32_t>> welcome;  // templates that may be missing
};

// Throws SyntaxError.
Source parse(std::string name, std::string_view text, Mentions& mentions);

bool is_function(std::string_view name);
std::string function_names();

// Walks over tokens; what the parsers of expressions and of statements share.
class Tokens {
 public:
  explicit Tokens(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  const Token& now() const { return tokens_[at_]; }
  const Token& next() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  Token take() {
    const size_t taken = at_;
    if (at_ + 1 < tokens_.size()) ++at_;
    return tokens_[taken];
  }
  bool at_name(std::string_view name) const { return now().is(Token::name, name); }
  bool at_sign(std::string_view sign) const { return now().is(Token::sign, sign); }
  bool skip_name(std::string_view name) { return skip(at_name(name)); }
  bool skip_sign(std::string_view sign) { return skip(at_sign(sign)); }
  void expect_sign(std::string_view sign) {
    if (!skip_sign(sign)) unexpected("'" + std::string(sign) + "'");
  }
  std::string expect_name(const char* what) {
    if (now().type != Token::name) unexpected(what);
    return take().text;
  }
  [[noreturn]] void error(const std::string& what) const { throw SyntaxError(now().line, what); }
  [[noreturn]] void unexpected(const std::string& wanted) const;

 private:
  bool skip(bool here) {
    if (here && at_ + 1 < tokens_.size()) ++at_;
    return here;
  }
  const std::vector<Token> tokens_;
  size_t at_ = 0;
};

class ExpressionParser {
 public:
  ExpressionParser(Tokens& tokens, Mentions& mentions) : in_(tokens), mentions_(mentions) {}

  ExpressionPtr expression();
  // One expression, or several with commas between as a tuple. `condition`: with "if … else".
  ExpressionPtr tuple(bool condition, bool in_brackets = false);
  // Filters upon `subject`; the first may stand without its '|'.
  ExpressionPtr filters(ExpressionPtr subject, bool inline_first);
  ExpressionPtr make(Op op, uint32_t line, std::vector<ExpressionPtr> parts = {}) const;

  bool escape = true;     // whether autoescape is on here
  bool in_block = false;  // where super() makes sense

 private:
  ExpressionPtr either();
  ExpressionPtr both();
  ExpressionPtr invert();
  ExpressionPtr compare();
  ExpressionPtr sum();
  ExpressionPtr concat();
  ExpressionPtr product();
  ExpressionPtr power();
  ExpressionPtr unary();
  ExpressionPtr primary();
  ExpressionPtr name();
  ExpressionPtr list();
  ExpressionPtr dict();
  ExpressionPtr postfix(ExpressionPtr node);
  ExpressionPtr subscript(ExpressionPtr node);
  ExpressionPtr call(ExpressionPtr callee);
  ExpressionPtr filter(ExpressionPtr subject);
  ExpressionPtr test(ExpressionPtr subject);
  void arguments(Expression& node);
  void add_argument(Expression& node, ExpressionPtr argument) const;
  void check_call(const Expression& node) const;
  void check_filter(const Expression& node) const;
  void check_inner(const Expression& node, bool tests, size_t at) const;

  Tokens& in_;
  Mentions& mentions_;
  uint32_t depth_ = 0;
};

}  // namespace stoq::plugins::jinja
