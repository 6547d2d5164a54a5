// SPDX-License-Identifier: Apache-2.0
#include "lexer.h"

#include <algorithm>

#include "literals.h"
#include "stoq/sdk/json.h"
#include "text.h"

namespace stoq::plugins::jinja {
namespace {

// Longer ones first.
constexpr std::string_view kSigns[] = {"//", "**", "==", "!=", ">=", "<=", "+", "-", "/",
                                       "*",  "%",  "~",  "[",  "]",  "(",  ")", "{", "}",
                                       ">",  "<",  "=",  ".",  ":",  "|",  ",", ";"};

// Line ends as "\n", and the last one taken off.
std::string normalized(std::string_view source) {
  std::string out;
  out.reserve(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] != '\r') {
      out += source[i];
    } else if (i + 1 == source.size() || source[i + 1] != '\n') {
      out += '\n';
    }
  }
  if (out.ends_with('\n')) out.pop_back();
  return out;
}

bool name_begins(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

bool digit(char c) {
  return c >= '0' && c <= '9';
}

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  std::vector<Token> run() {
    while (at_ < source_.size()) root();
    push(Token::end, "");
    return std::move(tokens_);
  }

 private:
  std::string_view rest() const { return source_.substr(at_); }

  Token& push(Token::Type type, std::string_view text) {
    tokens_.push_back({type, line_, std::string(text), 0, 0});
    return tokens_.back();
  }
  [[noreturn]] void error(const std::string& what) const { throw SyntaxError(line_, what); }

  void advance(size_t to) {
    const std::string_view passed = source_.substr(at_, to - at_);
    line_ += static_cast<uint32_t>(std::count(passed.begin(), passed.end(), '\n'));
    if (!passed.empty()) line_starts_ = passed.back() == '\n';
    at_ = to;
  }
  size_t after_space(size_t at) const {
    return source_.size() - strip(source_.substr(at), nullptr, Side::left).size();
  }
  bool opens_tag(size_t at) const {
    const char next = at + 1 < source_.size() ? source_[at + 1] : '\0';
    return next == '%' || next == '{' || next == '#';
  }
  char mark_at(size_t at) const {
    return at < source_.size() && (source_[at] == '-' || source_[at] == '+') ? source_[at] : '\0';
  }

  // Text up to `end`, where a tag begins with this mark ('-', '+' or none).
  void text_before(size_t end, char mark, bool may_strip) {
    std::string_view text = source_.substr(at_, end - at_);
    if (mark == '-') {
      text = strip(text, nullptr, Side::right);
    } else if (mark != '+' && may_strip) {
      const size_t newline = text.rfind('\n');
      const size_t begin = newline == text.npos ? 0 : newline + 1;
      if ((begin > 0 || line_starts_) && strip(text.substr(begin), nullptr, Side::both).empty())
        text = text.substr(0, begin);
    }
    if (!text.empty()) push(Token::data, text);
    advance(end);
  }

  // The end of a tag at `at` that closes with `close`: behind it and the white space that it
  // takes; npos where none is.
  size_t tag_end(size_t at, std::string_view close, bool trims) const {
    const char mark = mark_at(at);
    if (mark == '+' && !trims) return source_.npos;
    if (source_.compare(at + (mark != 0), close.size(), close) != 0) return source_.npos;
    const size_t end = at + (mark != 0) + close.size();
    if (mark == '-') return after_space(end);
    return trims && mark == 0 && source_.substr(end).starts_with('\n') ? end + 1 : end;
  }

  void root() {
    size_t open = source_.find('{', at_);
    while (open < source_.size() && !opens_tag(open)) open = source_.find('{', open + 1);
    if (open >= source_.size()) return text_before(source_.size(), '+', false);
    const char kind = source_[open + 1], mark = mark_at(open + 2);
    text_before(open, mark, kind != '{');
    if (kind == '#') return comment();
    if (kind == '%' && raw()) return;
    push(kind == '{' ? Token::variable_begin : Token::block_begin, "");
    advance(open + 2 + (mark != 0));
    inside(kind == '{');
  }

  void comment() {
    const size_t begin = at_ + 2 + (mark_at(at_ + 2) != 0);
    const size_t close = source_.find("#}", begin);
    if (close == source_.npos) error("a comment '{#' has no '#}'");
    const bool marked = close > begin && mark_at(close - 1) != 0;
    advance(tag_end(close - marked, "#}", true));
  }

  // {% word %} at `at`: where it ends, or npos.
  size_t tag_of(size_t at, std::string_view word, bool trims) const {
    const size_t p = after_space(at + 2 + (mark_at(at + 2) != 0));
    if (!source_.substr(p).starts_with(word)) return source_.npos;
    return tag_end(after_space(p + word.size()), "%}", trims);
  }

  bool raw() {
    const size_t begin = tag_of(at_, "raw", false);
    if (begin == source_.npos) return false;
    for (size_t close = begin; (close = source_.find("{%", close)) != source_.npos; ++close) {
      const size_t end = tag_of(close, "endraw", true);
      if (end == source_.npos) continue;
      advance(begin);
      text_before(close, mark_at(close + 2), true);
      advance(end);
      return true;
    }
    error("{% raw %} has no {% endraw %}");
  }

  void inside(bool variable) {
    const uint32_t begin = line_;
    while (at_ < source_.size()) {
      const size_t end =
          brackets_.empty() ? tag_end(at_, variable ? "}}" : "%}", !variable) : source_.npos;
      if (end != source_.npos) {
        push(variable ? Token::variable_end : Token::block_end, "");
        return advance(end);
      }
      const size_t next = after_space(at_);
      next != at_ ? advance(next) : token();
    }
    throw SyntaxError(begin, variable ? "'{{' has no '}}'" : "'{%' has no '%}'");
  }

  void token() {
    const char c = source_[at_];
    if (digit(c)) return number();
    if (name_begins(c)) {
      size_t end = at_;
      while (end < source_.size() && (name_begins(source_[end]) || digit(source_[end]))) ++end;
      push(Token::name, source_.substr(at_, end - at_));
      return advance(end);
    }
    if (c == '"' || c == '\'') return string(c);
    for (const std::string_view sign : kSigns) {
      if (!rest().starts_with(sign)) continue;
      push(Token::sign, sign);
      balance(c);
      return advance(at_ + sign.size());
    }
    std::string shown;
    append_repr(shown, rest().substr(0, offset_of(rest().substr(0, 4), 1)));
    error("unexpected " + shown + " in a tag");
  }

  void balance(char c) {
    if (c == '(' || c == '[' || c == '{') {
      if (brackets_.size() == kDeepest) error("brackets are nested too deep");
      brackets_ += c == '(' ? ')' : c == '[' ? ']' : '}';
    } else if (c == ')' || c == ']' || c == '}') {
      if (brackets_.empty() || brackets_.back() != c)
        error(std::string("unexpected '") + c + "'" +
              (brackets_.empty() ? "" : std::string(", expected '") + brackets_.back() + "'"));
      brackets_.pop_back();
    }
  }

  void string(char quote) {
    size_t end = at_ + 1;
    for (; end < source_.size() && source_[end] != quote; ++end)
      if (source_[end] == '\\') ++end;
    if (end >= source_.size()) error("a string in quotes does not end");
    push(Token::string, unescaped(source_.substr(at_ + 1, end - at_ - 1), line_));
    advance(end + 1);
  }

  void number() {
    const bool after_dot = source_[at_ - 1] == '.';  // a tag stands before it, at least
    const Number number = read_number(rest(), after_dot, line_);
    Token& token = push(number.real ? Token::real : Token::integer, rest().substr(0, number.size));
    token.number = number.integer;
    token.decimal = number.decimal;
    advance(at_ + number.size);
  }

  static constexpr size_t kDeepest = 64;
  const std::string_view source_;
  size_t at_ = 0;
  uint32_t line_ = 1;
  bool line_starts_ = true;
  std::string brackets_;  // the closing ones that are to come
  std::vector<Token> tokens_;
};

}  // namespace

std::vector<Token> tokenize(std::string_view source) {
  const char* const end = source.data() + source.size();
  if (const char* const bad = sdk::detail::utf8_run(source.data(), end); bad != end)
    throw SyntaxError(static_cast<uint32_t>(1 + std::count(source.data(), bad, '\n')),
                      "the text is not UTF-8");
  if (source.starts_with("\xEF\xBB\xBF")) source.remove_prefix(3);
  const std::string text = normalized(source);
  return Lexer(text).run();
}

}  // namespace stoq::plugins::jinja
