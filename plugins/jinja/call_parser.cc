// SPDX-License-Identifier: Apache-2.0
//
// Calls, filters and tests: whether there is such a one, and whether its arguments fit, is known
// when the template is read.
#include "parser.h"

namespace stoq::plugins::jinja {
namespace {

constexpr struct {
  std::string_view name, parameters;
} kFunctions[] = {{"dict", "*"}, {"namespace", "*"}, {"range", "start!,stop,step"}, {"super", ""}};

void check_fit(uint32_t line, const std::string& what, std::string_view parameters,
               size_t positional, const std::vector<std::string>& named) {
  if (const std::string problem = misfit(what, parameters, positional, named); !problem.empty())
    throw SyntaxError(line, problem);
}

// How many arguments come without a name.
size_t positional(const Expression& node) {
  return node.parts.size() - node.first_argument - node.keywords.size();
}

}  // namespace

bool is_function(std::string_view name) {
  return std::any_of(std::begin(kFunctions), std::end(kFunctions),
                     [&](const auto& function) { return function.name == name; });
}

std::string function_names() {
  std::string all;
  for (const auto& function : kFunctions)
    (all.empty() ? all : all.append(", ")).append(function.name);
  return all;
}

void ExpressionParser::arguments(Expression& node) {
  in_.expect_sign("(");
  while (!in_.at_sign(")")) {
    if (in_.at_sign("*") || in_.at_sign("**"))
      in_.error("'" + in_.now().text +
                "' before an argument is not offered; give the arguments one by one");
    if (in_.now().type == Token::name && in_.next().is(Token::sign, "=")) {
      std::string name = in_.take().text;
      if (std::find(node.keywords.begin(), node.keywords.end(), name) != node.keywords.end())
        in_.error("the argument '" + name + "' is given twice");
      node.keywords.push_back(std::move(name));
      in_.take();
    } else if (!node.keywords.empty()) {
      in_.error("an argument without a name stands behind one with a name");
    }
    add_argument(node, expression());
    if (!in_.skip_sign(",")) break;
  }
  in_.expect_sign(")");
}

ExpressionPtr ExpressionParser::call(ExpressionPtr callee) {
  const bool method = callee->op == Op::attribute;
  if (!method && callee->op != Op::name)
    throw SyntaxError(callee->line,
                      "only names and methods can be called; methods are: " + method_names());
  callee->op = method ? Op::method : Op::call;
  callee->first_argument = callee->parts.size();
  arguments(*callee);
  check_call(*callee);
  if (!method) mentions_.called.emplace_back(callee->name, callee->line);
  return callee;
}

void ExpressionParser::check_call(const Expression& node) const {
  if (node.op == Op::call) {
    if (node.name == "super" && !in_block)
      throw SyntaxError(node.line, "super() makes sense in a {% block %} only");
    for (const auto& [name, parameters] : kFunctions)
      if (name == node.name && !mentions_.defined.contains(node.name))
        check_fit(node.line, node.name + "()", parameters, positional(node), node.keywords);
    if ((node.name == "dict" || node.name == "namespace") && positional(node) > 0)
      throw SyntaxError(node.line, node.name + "() takes arguments of the form name=value only");
    return;
  }
  const Expression& subject = *node.parts.front();
  if (subject.op == Op::name && subject.name == "loop") {
    if (node.name != "cycle" && node.name != "changed")
      throw SyntaxError(node.line, "loop has the methods .cycle() and .changed() only");
    if (!node.keywords.empty() || positional(node) == 0)
      throw SyntaxError(node.line, "loop." + node.name + "() takes one value or more, by place");
  } else if (!is_method(node.name)) {
    throw SyntaxError(
        node.line, "the method ." + node.name + "() is not offered; there are: " + method_names());
  }
}

ExpressionPtr ExpressionParser::filters(ExpressionPtr subject, bool inline_first) {
  if (inline_first) subject = filter(std::move(subject));
  for (;;) {
    if (in_.skip_sign("|"))
      subject = filter(std::move(subject));
    else if (in_.at_name("is"))
      subject = test(std::move(subject));
    else if (in_.at_sign("("))
      in_.error("what a filter or test gives cannot be called");
    else
      return subject;
  }
}

ExpressionPtr ExpressionParser::filter(ExpressionPtr subject) {
  const uint32_t line = in_.now().line;
  std::vector<ExpressionPtr> parts;
  parts.push_back(std::move(subject));
  ExpressionPtr node = make(Op::filter, line, std::move(parts));
  node->name = in_.expect_name("the name of a filter");
  node->first_argument = 1;
  if (in_.at_sign("(")) arguments(*node);
  node->filter = find_filter(node->name);
  if (!node->filter)
    throw SyntaxError(
        line, "the filter '" + node->name + "' is not offered; there are: " + filter_names());
  check_filter(*node);
  return node;
}

void ExpressionParser::check_filter(const Expression& node) const {
  const std::string what = "the filter '" + node.name + "'";
  check_fit(node.line, what, node.filter->parameters, positional(node), node.keywords);
  if (node.name == "map") {
    if (positional(node) > 0)
      check_inner(node, false, 1);
    else
      check_fit(node.line, what, "attribute!,default", 0, node.keywords);
  }
  const bool by_attribute = node.name == "selectattr" || node.name == "rejectattr";
  if (!by_attribute && node.name != "select" && node.name != "reject") return;
  if (by_attribute && positional(node) == 0)
    throw SyntaxError(node.line, what + " needs the name of an attribute");
  if (positional(node) > by_attribute)
    check_inner(node, true, 1 + by_attribute);
  else if (!node.keywords.empty())
    throw SyntaxError(node.line, what + " needs the name of a test");
}

// Filters that apply another filter or a test, which part `at` names.
void ExpressionParser::check_inner(const Expression& node, bool tests, size_t at) const {
  const Value& named = node.parts[at]->constant;
  const std::string kind = tests ? "test" : "filter";
  if (node.parts[at]->op != Op::constant || !named.is_text())
    throw SyntaxError(node.line,
                      "the filter '" + node.name + "' takes the name of a " + kind + " in quotes");
  const std::string name(named.text());
  const Test* const test = tests ? find_test(name) : nullptr;
  const Filter* const filter = tests ? nullptr : find_filter(name);
  if (!test && !filter)
    throw SyntaxError(node.line, "the " + kind + " '" + name + "' is not offered; there are: " +
                                     (tests ? test_names() : filter_names()));
  if (filter && filter->parameters == "*" && name != "format")
    throw SyntaxError(node.line, "the filter '" + name + "' cannot be applied by map");
  check_fit(node.line, "the " + kind + " '" + name + "'",
            test ? test->parameters : filter->parameters, positional(node) - at, node.keywords);
}

ExpressionPtr ExpressionParser::test(ExpressionPtr subject) {
  const uint32_t line = in_.take().line;
  const bool inverted = in_.skip_name("not");
  std::vector<ExpressionPtr> parts;
  parts.push_back(std::move(subject));
  ExpressionPtr node = make(Op::test, line, std::move(parts));
  node->name = in_.expect_name("the name of a test");
  node->first_argument = 1;
  if (in_.at_name("is")) in_.error("tests cannot be chained; write 'and' between them");
  // An argument may stand without brackets, as in "x is divisibleby 3".
  static constexpr std::string_view kFollowing[] = {"else", "or", "and", "if", "not", "in"};
  const Token& now = in_.now();
  const bool word =
      now.type == Token::name &&
      std::find(std::begin(kFollowing), std::end(kFollowing), now.text) == std::end(kFollowing);
  if (in_.at_sign("("))
    arguments(*node);
  else if (word || now.type == Token::string || now.type == Token::integer ||
           now.type == Token::real || in_.at_sign("[") || in_.at_sign("{"))
    add_argument(*node, postfix(primary()));
  node->test = find_test(node->name);
  if (!node->test)
    throw SyntaxError(line,
                      "the test '" + node->name + "' is not offered; there are: " + test_names());
  check_fit(line, "the test '" + node->name + "'", node->test->parameters, positional(*node),
            node->keywords);
  if (!inverted) return node;
  std::vector<ExpressionPtr> inner;
  inner.push_back(std::move(node));
  return make(Op::invert, line, std::move(inner));
}

}  // namespace stoq::plugins::jinja
