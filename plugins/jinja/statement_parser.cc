// SPDX-License-Identifier: Apache-2.0
#include "parser.h"

namespace stoq::plugins::jinja {
namespace {

constexpr const char* kTags =
    "autoescape, block, extends, filter, for, if, include, macro, raw, set, with";

constexpr std::string_view kReserved[] = {"loop", "self",  "super", "true", "false", "none",
                                          "True", "False", "None",  "not",  "in"};

using Words = std::initializer_list<std::string_view>;

class StatementParser {
 public:
  StatementParser(std::string name, std::string_view text, Mentions& mentions)
      : in_(tokenize(text)), expressions_(in_, mentions), mentions_(mentions) {
    source_.name = std::move(name);
  }

  Source run() {
    source_.body = body({});
    collect_blocks(source_.body);
    return std::move(source_);
  }

 private:
  Statement make(Tag tag, uint32_t line) const {
    Statement statement;
    statement.tag = tag;
    statement.line = line;
    statement.escape = expressions_.escape;
    return statement;
  }
  void end_of_tag() {
    if (in_.now().type != Token::block_end) in_.unexpected("'%}'");
    in_.take();
  }

  // Up to one of `ends`, which is taken but for its "%}", and left in end_.
  Body body(Words ends) {
    Body body;
    for (;;) {
      const Token& now = in_.now();
      if (now.type == Token::end) {
        if (ends.size() == 0) return body;
        throw SyntaxError(open_.back().second, "{% " + open_.back().first + " %} has no {% " +
                                                   std::string(*ends.begin()) + " %}");
      }
      if (now.type == Token::data) {
        Statement data = make(Tag::data, now.line);
        data.text = in_.take().text;
        body.push_back(std::move(data));
      } else if (now.type == Token::variable_begin) {
        Statement print = make(Tag::print, now.line);
        in_.take();
        print.expressions.push_back(expressions_.tuple(true));
        if (in_.now().type != Token::variable_end) in_.unexpected("'}}'");
        in_.take();
        body.push_back(std::move(print));
      } else {
        in_.take();
        const Token word = in_.now();
        in_.expect_name("the name of a tag");
        if (std::find(ends.begin(), ends.end(), word.text) != ends.end()) {
          end_ = word.text;
          return body;
        }
        tag(word, body);
      }
    }
  }
  // Of a tag that ends here: "%}", statements, and the whole end tag.
  Body block_of(Words ends) {
    in_.skip_sign(":");
    end_of_tag();
    Body inner = body(ends);
    if (end_.starts_with("end") && end_ != "endblock") end_of_tag();
    return inner;
  }

  void tag(const Token& word, Body& into) {
    using Parse = Statement (StatementParser::*)(uint32_t);
    static constexpr std::pair<std::string_view, Parse> kParsers[] = {
        {"if", &StatementParser::branch},       {"for", &StatementParser::loop},
        {"set", &StatementParser::assign},      {"with", &StatementParser::with},
        {"macro", &StatementParser::macro},     {"filter", &StatementParser::filter},
        {"include", &StatementParser::include}, {"block", &StatementParser::block},
        {"extends", &StatementParser::extends}, {"autoescape", &StatementParser::autoescape}};
    const auto* known = std::find_if(std::begin(kParsers), std::end(kParsers),
                                     [&](const auto& entry) { return entry.first == word.text; });
    if (known == std::end(kParsers)) unknown(word);
    if (open_.size() == kStatementDepth)
      throw SyntaxError(word.line,
                        "tags are nested more than " + std::to_string(kStatementDepth) + " deep");
    open_.emplace_back(word.text, word.line);
    into.push_back((this->*known->second)(word.line));
    open_.pop_back();
  }
  [[noreturn]] void unknown(const Token& word) const {
    const std::string& text = word.text;
    if (text != "else" && text != "elif" && !text.starts_with("end"))
      throw SyntaxError(word.line,
                        "the tag {% " + text + " %} is not offered; there are: " + kTags);
    const std::string open = open_.empty() ? ""
                                           : "; open is {% " + open_.back().first + " %} of line " +
                                                 std::to_string(open_.back().second);
    throw SyntaxError(word.line, "{% " + text + " %} does not belong here" + open);
  }

  std::string defined_name(const char* what) {
    const uint32_t line = in_.now().line;
    std::string name = in_.expect_name(what);
    if (std::find(std::begin(kReserved), std::end(kReserved), name) != std::end(kReserved))
      throw SyntaxError(line, "'" + name + "' has a meaning of its own; choose another name");
    mentions_.defined.insert(name);
    return name;
  }

  Target target(bool with_member) {
    Target all;
    bool several = false;
    do {
      if (several && in_.now().type != Token::name && !in_.at_sign("(")) break;
      Target one;
      if (in_.skip_sign("(")) {
        if (++brackets_ > kStatementDepth) in_.error("brackets are nested too deep");
        one = target(false);
        --brackets_;
        in_.expect_sign(")");
      } else if (with_member && in_.next().is(Token::sign, ".")) {
        one.name = in_.expect_name("a name");
        in_.take();
        one.member = in_.expect_name("the name of a member");
      } else {
        one.name = defined_name("a name");
      }
      all.parts.push_back(std::move(one));
      several = several || in_.at_sign(",");
    } while (in_.skip_sign(","));
    if (several) return all;
    return Target(std::move(all.parts.front()));
  }

  Statement branch(uint32_t line) {
    Statement statement = make(Tag::branch, line);
    do {
      statement.expressions.push_back(expressions_.tuple(false));
      statement.bodies.push_back(block_of({"endif", "elif", "else"}));
    } while (end_ == "elif");
    if (end_ == "else") statement.bodies.push_back(block_of({"endif"}));
    return statement;
  }

  Statement loop(uint32_t line) {
    Statement statement = make(Tag::loop, line);
    statement.targets.push_back(target(false));
    if (!in_.skip_name("in")) in_.unexpected("'in'");
    statement.expressions.push_back(expressions_.tuple(false));
    statement.expressions.push_back(in_.skip_name("if") ? expressions_.expression() : nullptr);
    if (in_.at_name("recursive"))
      in_.error("'recursive' is not offered; call a {% macro %} from within itself");
    statement.bodies.push_back(block_of({"endfor", "else"}));
    if (end_ == "else") statement.bodies.push_back(block_of({"endfor"}));
    return statement;
  }

  Statement assign(uint32_t line) {
    Statement statement = make(Tag::assign, line);
    statement.targets.push_back(target(true));
    if (in_.skip_sign("=")) {
      statement.expressions.push_back(expressions_.tuple(true));
      end_of_tag();
      return statement;
    }
    statement.tag = Tag::capture;
    ExpressionPtr body = expressions_.make(Op::body, line);
    statement.expressions.push_back(in_.at_sign("|") ? expressions_.filters(std::move(body), false)
                                                     : nullptr);
    statement.bodies.push_back(block_of({"endset"}));
    return statement;
  }

  Statement with(uint32_t line) {
    Statement statement = make(Tag::with, line);
    while (in_.now().type != Token::block_end) {
      if (!statement.targets.empty()) in_.expect_sign(",");
      statement.targets.push_back({defined_name("a name"), "", {}});
      in_.expect_sign("=");
      statement.expressions.push_back(expressions_.expression());
    }
    statement.bodies.push_back(block_of({"endwith"}));
    return statement;
  }

  Statement autoescape(uint32_t line) {
    Statement statement = make(Tag::with, line);
    const ExpressionPtr flag = expressions_.expression();
    if (flag->op != Op::constant || !flag->constant.is(Kind::boolean))
      throw SyntaxError(line, "{% autoescape %} takes true or false");
    const bool before = std::exchange(expressions_.escape, flag->constant.boolean());
    statement.bodies.push_back(block_of({"endautoescape"}));
    expressions_.escape = before;
    return statement;
  }

  void parameters(Statement& statement) {
    in_.expect_sign("(");
    while (!in_.at_sign(")")) {
      Parameter parameter{defined_name("the name of a parameter"), nullptr};
      if (in_.skip_sign("="))
        parameter.otherwise = expressions_.expression();
      else if (!statement.parameters.empty() && statement.parameters.back().otherwise)
        in_.error("a parameter without a default stands behind one that has one");
      for (const Parameter& other : statement.parameters)
        if (other.name == parameter.name)
          in_.error("the parameter '" + other.name + "' is named twice");
      statement.parameters.push_back(std::move(parameter));
      if (!in_.skip_sign(",")) break;
    }
    in_.expect_sign(")");
  }

  Statement macro(uint32_t line) {
    if (open_.size() > 1)
      throw SyntaxError(line, "a {% macro %} stands at the top of a template, not inside {% " +
                                  open_[open_.size() - 2].first + " %}");
    Statement statement = make(Tag::macro, line);
    statement.text = defined_name("the name of a macro");
    parameters(statement);
    statement.bodies.push_back(block_of({"endmacro"}));
    return statement;
  }

  Statement filter(uint32_t line) {
    Statement statement = make(Tag::filter, line);
    statement.expressions.push_back(expressions_.filters(expressions_.make(Op::body, line), true));
    statement.bodies.push_back(block_of({"endfilter"}));
    return statement;
  }

  std::string template_name(const char* tag) {
    if (in_.now().type != Token::string || in_.next().type == Token::string)
      in_.error(std::string("{% ") + tag + " %} takes the name of a template in quotes");
    return in_.take().text;
  }

  Statement include(uint32_t line) {
    Statement statement = make(Tag::include, line);
    statement.text = template_name("include");
    if (in_.skip_name("ignore")) {
      if (!in_.skip_name("missing")) in_.unexpected("'missing'");
      statement.flag = true;
    }
    if (in_.at_name("with") || in_.at_name("without")) {
      statement.without_context = in_.take().text == "without";
      if (!in_.skip_name("context")) in_.unexpected("'context'");
    }
    (statement.flag ? mentions_.welcome : mentions_.wanted).emplace_back(statement.text, line);
    end_of_tag();
    return statement;
  }

  Statement extends(uint32_t line) {
    if (open_.size() > 1 || !source_.parent.empty())
      throw SyntaxError(line, "{% extends %} stands once, and at the top of a template");
    Statement statement = make(Tag::extends, line);
    statement.text = source_.parent = template_name("extends");
    mentions_.wanted.emplace_back(statement.text, line);
    end_of_tag();
    return statement;
  }

  Statement block(uint32_t line) {
    for (const auto& [tag, opened] : open_)
      if (tag == "macro")
        throw SyntaxError(line, "a {% block %} cannot stand inside {% " + tag + " %}");
    Statement statement = make(Tag::block, line);
    statement.text = in_.expect_name("the name of a block");
    statement.flag = in_.skip_name("scoped");
    if (in_.at_name("required"))
      in_.error("'required' is not offered; give the block what is to stand there otherwise");
    const bool before = std::exchange(expressions_.in_block, true);
    statement.bodies.push_back(block_of({"endblock"}));
    expressions_.in_block = before;
    in_.skip_name(statement.text);
    end_of_tag();
    return statement;
  }

  void collect_blocks(const Body& body) {
    for (const Statement& statement : body) {
      if (statement.tag == Tag::block && !source_.blocks.emplace(statement.text, &statement).second)
        throw SyntaxError(statement.line, "there is a block '" + statement.text + "' already");
      for (const Body& inner : statement.bodies) collect_blocks(inner);
    }
  }

  Tokens in_;
  ExpressionParser expressions_;
  Mentions& mentions_;
  Source source_;
  std::vector<std::pair<std::string, uint32_t>> open_;  // tags, with their lines
  std::string end_;
  uint32_t brackets_ = 0;
};

}  // namespace

Source parse(std::string name, std::string_view text, Mentions& mentions) {
  return StatementParser(std::move(name), text, mentions).run();
}

}  // namespace stoq::plugins::jinja
