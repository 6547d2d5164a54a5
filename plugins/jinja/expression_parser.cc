// SPDX-License-Identifier: Apache-2.0
#include "parser.h"

namespace stoq::plugins::jinja {
namespace {

[[noreturn]] void too_deep(uint32_t line) {
  throw SyntaxError(
      line, "an expression is nested more than " + std::to_string(kExpressionDepth) + " deep");
}

ExpressionPtr constant(uint32_t line, Value value) {
  auto node = std::make_unique<Expression>();
  node->line = line;
  node->constant = std::move(value);
  return node;
}

template <class... Parts>
std::vector<ExpressionPtr> together(Parts... parts) {
  std::vector<ExpressionPtr> all;
  (all.push_back(std::move(parts)), ...);
  return all;
}

bool one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

}  // namespace

void Tokens::unexpected(const std::string& wanted) const {
  static constexpr const char* kWords[] = {"text", "'{{'", "'}}'", "'{%'", "'%}'"};
  const std::string here = now().type == Token::end         ? "the end of the template"
                           : now().type <= Token::block_end ? kWords[now().type]
                           : now().type == Token::string    ? "a string in quotes"
                                                            : "'" + now().text + "'";
  error("expected " + wanted + ", found " + here);
}

ExpressionPtr ExpressionParser::make(Op op, uint32_t line, std::vector<ExpressionPtr> parts) const {
  auto node = std::make_unique<Expression>();
  node->op = op;
  node->line = line;
  node->escape = escape;
  node->parts = std::move(parts);
  for (const ExpressionPtr& part : node->parts)
    if (part) node->depth = std::max(node->depth, part->depth + 1);
  if (node->depth > kExpressionDepth) too_deep(line);
  return node;
}

void ExpressionParser::add_argument(Expression& node, ExpressionPtr argument) const {
  node.depth = std::max(node.depth, argument->depth + 1);
  if (node.depth > kExpressionDepth) too_deep(node.line);
  node.parts.push_back(std::move(argument));
}

ExpressionPtr ExpressionParser::tuple(bool condition, bool in_brackets) {
  const uint32_t line = in_.now().line;
  std::vector<ExpressionPtr> parts;
  bool several = false;
  const auto ends = [&] {
    return in_.now().type == Token::variable_end || in_.now().type == Token::block_end ||
           in_.at_sign(")");
  };
  while (!ends()) {
    parts.push_back(condition ? expression() : either());
    if (!in_.skip_sign(",")) break;
    several = true;
  }
  if (!several && !parts.empty()) return std::move(parts.front());
  if (!several && !in_brackets) in_.unexpected("an expression");
  return make(Op::tuple, line, std::move(parts));
}

// Everything in brackets comes through here, so this bounds the depth of the parser, too.
ExpressionPtr ExpressionParser::expression() {
  if (++depth_ > kExpressionDepth) too_deep(in_.now().line);
  ExpressionPtr node = either();
  while (in_.at_name("if")) {
    const uint32_t line = in_.take().line;
    ExpressionPtr condition = either();
    ExpressionPtr otherwise = in_.skip_name("else") ? expression() : nullptr;
    node = make(Op::choose, line,
                together(std::move(node), std::move(condition), std::move(otherwise)));
  }
  --depth_;
  return node;
}

ExpressionPtr ExpressionParser::either() {
  ExpressionPtr node = both();
  while (in_.at_name("or")) {
    const uint32_t line = in_.take().line;
    node = make(Op::either, line, together(std::move(node), both()));
  }
  return node;
}

ExpressionPtr ExpressionParser::both() {
  ExpressionPtr node = invert();
  while (in_.at_name("and")) {
    const uint32_t line = in_.take().line;
    node = make(Op::both, line, together(std::move(node), invert()));
  }
  return node;
}

ExpressionPtr ExpressionParser::invert() {
  const uint32_t line = in_.now().line;
  size_t times = 0;
  while (in_.skip_name("not")) ++times;
  ExpressionPtr node = compare();
  for (; times > 0; --times) node = make(Op::invert, line, together(std::move(node)));
  return node;
}

ExpressionPtr ExpressionParser::compare() {
  static constexpr std::pair<std::string_view, Sign> kSigns[] = {
      {"==", Sign::equal},      {"!=", Sign::not_equal}, {"<", Sign::less},
      {"<=", Sign::less_equal}, {">", Sign::greater},    {">=", Sign::greater_equal}};
  const uint32_t line = in_.now().line;
  std::vector<ExpressionPtr> parts = together(sum());
  std::vector<Sign> signs;
  for (;;) {
    const auto* sign = std::find_if(std::begin(kSigns), std::end(kSigns),
                                    [&](const auto& known) { return in_.at_sign(known.first); });
    if (sign != std::end(kSigns)) {
      in_.take();
      signs.push_back(sign->second);
    } else if (in_.skip_name("in")) {
      signs.push_back(Sign::in);
    } else if (in_.at_name("not") && in_.next().is(Token::name, "in")) {
      in_.take();
      in_.take();
      signs.push_back(Sign::not_in);
    } else {
      break;
    }
    parts.push_back(sum());
  }
  if (signs.empty()) return std::move(parts.front());
  ExpressionPtr node = make(Op::compare, line, std::move(parts));
  node->signs = std::move(signs);
  return node;
}

ExpressionPtr ExpressionParser::sum() {
  ExpressionPtr node = concat();
  while (in_.at_sign("+") || in_.at_sign("-")) {
    const Token token = in_.take();
    node = make(Op::binary, token.line, together(std::move(node), concat()));
    node->signs = {token.text == "+" ? Sign::add : Sign::subtract};
  }
  return node;
}

ExpressionPtr ExpressionParser::concat() {
  const uint32_t line = in_.now().line;
  std::vector<ExpressionPtr> parts = together(product());
  while (in_.skip_sign("~")) parts.push_back(product());
  if (parts.size() == 1) return std::move(parts.front());
  return make(Op::concat, line, std::move(parts));
}

ExpressionPtr ExpressionParser::product() {
  ExpressionPtr node = power();
  while (in_.at_sign("*") || in_.at_sign("/") || in_.at_sign("//") || in_.at_sign("%")) {
    const Token token = in_.take();
    node = make(Op::binary, token.line, together(std::move(node), power()));
    node->signs = {token.text == "*"    ? Sign::multiply
                   : token.text == "/"  ? Sign::divide
                   : token.text == "//" ? Sign::floor_divide
                                        : Sign::modulo};
  }
  return node;
}

ExpressionPtr ExpressionParser::power() {
  ExpressionPtr node = unary();
  while (in_.at_sign("**")) {
    const uint32_t line = in_.take().line;
    node = make(Op::binary, line, together(std::move(node), unary()));
    node->signs = {Sign::power};
  }
  return node;
}

ExpressionPtr ExpressionParser::unary() {
  const uint32_t line = in_.now().line;
  std::string signs;
  while (in_.at_sign("-") || in_.at_sign("+")) signs += in_.take().text;
  ExpressionPtr node = postfix(primary());
  for (auto sign = signs.rbegin(); sign != signs.rend(); ++sign) {
    if (*sign == '-') {
      node = make(Op::negate, line, together(std::move(node)));
    } else {
      node = make(Op::binary, line, together(constant(line, int64_t{0}), std::move(node)));
      node->signs = {Sign::add};
    }
  }
  return filters(std::move(node), false);
}

ExpressionPtr ExpressionParser::primary() {
  const uint32_t line = in_.now().line;
  switch (in_.now().type) {
    case Token::name:
      return name();
    case Token::string: {
      std::string text = in_.take().text;
      while (in_.now().type == Token::string) text += in_.take().text;
      return constant(line, Value::literal(std::move(text)));
    }
    case Token::integer:
      return constant(line, in_.take().number);
    case Token::real:
      return constant(line, in_.take().decimal);
    default:
      break;
  }
  if (in_.at_sign("[")) return list();
  if (in_.at_sign("{")) return dict();
  if (!in_.skip_sign("(")) in_.unexpected("an expression");
  ExpressionPtr node = tuple(true, true);
  in_.expect_sign(")");
  return node;
}

ExpressionPtr ExpressionParser::name() {
  const Token token = in_.take();
  if (one_of(token.text, {"true", "True"})) return constant(token.line, true);
  if (one_of(token.text, {"false", "False"})) return constant(token.line, false);
  if (one_of(token.text, {"none", "None"})) return constant(token.line, None{});
  if (one_of(token.text, {"self", "varargs", "kwargs", "cycler", "lipsum"}))
    throw SyntaxError(token.line, "'" + token.text +
                                      "' is not offered; there are response, loop, what the "
                                      "template defines, and the functions " +
                                      function_names());
  ExpressionPtr node = make(Op::name, token.line);
  node->name = token.text;
  return node;
}

ExpressionPtr ExpressionParser::list() {
  const uint32_t line = in_.take().line;
  std::vector<ExpressionPtr> parts;
  while (!in_.at_sign("]")) {
    parts.push_back(expression());
    if (!in_.skip_sign(",")) break;
  }
  in_.expect_sign("]");
  return make(Op::list, line, std::move(parts));
}

ExpressionPtr ExpressionParser::dict() {
  const uint32_t line = in_.take().line;
  std::vector<ExpressionPtr> parts;
  while (!in_.at_sign("}")) {
    parts.push_back(expression());
    in_.expect_sign(":");
    parts.push_back(expression());
    if (!in_.skip_sign(",")) break;
  }
  in_.expect_sign("}");
  return make(Op::dict, line, std::move(parts));
}

ExpressionPtr ExpressionParser::postfix(ExpressionPtr node) {
  for (;;) {
    if (in_.at_sign(".") || in_.at_sign("["))
      node = subscript(std::move(node));
    else if (in_.at_sign("("))
      node = call(std::move(node));
    else
      return node;
  }
}

ExpressionPtr ExpressionParser::subscript(ExpressionPtr node) {
  const Token opening = in_.take();
  if (opening.text == ".") {
    if (in_.now().type == Token::integer) {
      const Token index = in_.take();
      return make(Op::item, opening.line,
                  together(std::move(node), constant(index.line, int64_t{index.number})));
    }
    ExpressionPtr attribute = make(Op::attribute, opening.line, together(std::move(node)));
    attribute->name = in_.expect_name("a name or a number");
    return attribute;
  }
  ExpressionPtr bounds[3];
  int colons = 0;
  while (!in_.at_sign("]")) {
    if (in_.skip_sign(":")) {
      if (++colons > 2) in_.error("a slice has at most two ':'");
    } else if (bounds[colons]) {
      in_.unexpected("']'");
    } else {
      bounds[colons] = expression();
    }
  }
  in_.expect_sign("]");
  if (colons > 0)
    return make(Op::slice, opening.line,
                together(std::move(node), std::move(bounds[0]), std::move(bounds[1]),
                         std::move(bounds[2])));
  if (!bounds[0]) throw SyntaxError(opening.line, "there is no index in '[]'");
  return make(Op::item, opening.line, together(std::move(node), std::move(bounds[0])));
}

}  // namespace stoq::plugins::jinja
