// SPDX-License-Identifier: Apache-2.0
#include "source.h"

#include <algorithm>
#include <bit>
#include <charconv>
#include <iterator>
#include <optional>
#include <type_traits>

#include "names.h"
#include "stoq/sdk/json.h"

namespace stoq::plugins::autoit {
namespace {

using carving::Bytes;

// Tokens: numbers, names and texts with a value, operators, the end of a line.
constexpr std::uint8_t kKeywordNumber = 0x00, kFunctionNumber = 0x01, kInteger = 0x05,
                       kLongInteger = 0x10, kFloat = 0x20, kKeyword = 0x30, kFunction = 0x31,
                       kMacro = 0x32, kVariable = 0x33, kUserFunction = 0x34, kProperty = 0x35,
                       kString = 0x36, kDirective = 0x37, kFirstOperator = 0x40, kLineEnd = 0x7F;
constexpr std::string_view kOperators[] = {",",  "=",  ">",  "<",  "<>", ">=", "<=", "(",  ")",
                                           "+",  "-",  "/",  "*",  "&",  "[",  "]",  "==", "^",
                                           "+=", "-=", "/=", "*=", "&=", "?",  ":"};

template <class Number>
std::string digits_of(Number number) {
  char digits[40];
  return {digits, std::to_chars(digits, digits + sizeof digits, number).ptr};
}

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) out.append(c == '"' ? 2 : 1, c);
  return out + '"';
}

class Tokens {
 public:
  explicit Tokens(Bytes tokens) : tokens_(tokens) {}

  Source read() {
    const std::uint32_t lines = carving::le32(tokens_, 0);
    while (at_ < tokens_.size()) {
      const std::uint8_t token = tokens_[at_++];
      if (token == kLineEnd) {
        end_line();
      } else if (const auto word = word_of(token)) {
        add(token, *word);
      } else {
        damaged("token " + std::to_string(token) + " is damaged or not known");
        const auto end =
            std::find(tokens_.begin() + static_cast<std::ptrdiff_t>(at_), tokens_.end(), kLineEnd);
        at_ = static_cast<std::size_t>(end - tokens_.begin());
      }
    }
    if (tokens_.size() < 4 || source_.lines != lines)
      damaged("there should be " + std::to_string(lines) + " lines");
    return std::move(source_);
  }

 private:
  void end_line() {
    source_.text += '\n';
    ++source_.lines;
    last_ = kLineEnd;
    last_word_ = {};
  }

  void damaged(const std::string& what) {
    if (source_.problem.empty())
      source_.problem = "line " + std::to_string(source_.lines + 1) + ": " + what;
  }

  // Between words a space, but none within calls, lists and paths to properties.
  void add(std::uint8_t token, std::string_view word) {
    const bool open = last_ == kLineEnd || last_word_ == "(" || last_word_ == "[";
    const bool ends =
        last_word_ == ")" || last_word_ == "]" || last_ == kVariable || last_ == kProperty;
    const bool name = last_ == kFunction || last_ == kFunctionNumber || last_ == kUserFunction;
    const bool joins = word == "," || word == ")" || word == "]" ||
                       (word == "(" && (ends || name)) ||
                       ((word == "[" || token == kProperty) && ends);
    if (!open && !joins) source_.text += ' ';
    source_.text += word;
    last_ = token;
    last_word_ = token >= kFirstOperator ? kOperators[token - kFirstOperator] : std::string_view();
  }

  std::optional<std::string> word_of(std::uint8_t token) {
    if (token >= kFirstOperator) {
      if (token >= kFirstOperator + std::size(kOperators)) return std::nullopt;
      return std::string(kOperators[token - kFirstOperator]);
    }
    switch (token) {
      case kKeywordNumber:
        return named("keyword", keyword_of);
      case kFunctionNumber:
        return named("function", function_of);
      case kInteger:
        return number<std::int32_t>();
      case kLongInteger:
        return number<std::int64_t>();
      case kFloat:
        return number<double>();
      case kKeyword:
      case kFunction:
      case kUserFunction:
      case kDirective:
        return text();
      case kMacro:
        return with("@", text());
      case kVariable:
        return with("$", text());
      case kProperty:
        return with(".", text());
      case kString:
        if (const auto content = text()) return quoted(*content);
        return std::nullopt;
      default:
        return std::nullopt;
    }
  }

  static std::optional<std::string> with(std::string_view mark, std::optional<std::string> name) {
    if (name) name->insert(0, mark);
    return name;
  }

  std::optional<std::string> named(std::string_view what,
                                   std::string_view (*name_of)(std::uint32_t)) {
    if (tokens_.size() - at_ < 4) return std::nullopt;
    const std::uint32_t number = carving::le32(tokens_, at_);
    at_ += 4;
    const std::string_view name = name_of(number);
    if (!name.empty()) return std::string(name);
    std::string unknown = std::string(what) + "_" + std::to_string(number);
    damaged(unknown + " has no name here");
    return unknown;
  }

  template <class Number>
  std::optional<std::string> number() {
    if (tokens_.size() - at_ < sizeof(Number)) return std::nullopt;
    const std::uint64_t bits = carving::little(tokens_, at_, sizeof(Number));
    at_ += sizeof(Number);
    if constexpr (std::is_same_v<Number, double>)
      return digits_of(std::bit_cast<double>(bits));
    else
      return digits_of(static_cast<Number>(bits));
  }

  // UTF-16 under XOR with its length.
  std::optional<std::string> text() {
    const std::uint64_t size = carving::le32(tokens_, at_);
    if (tokens_.size() - at_ < 4 || tokens_.size() - at_ - 4 < size * 2) return std::nullopt;
    std::string wide;
    const std::uint8_t key[] = {static_cast<std::uint8_t>(size),
                                static_cast<std::uint8_t>(size >> 8)};
    for (std::size_t i = 0; i < size * 2; ++i)
      wide += static_cast<char>(tokens_[at_ + 4 + i] ^ key[i % 2]);
    at_ += 4 + static_cast<std::size_t>(size) * 2;
    return sdk::text_from_utf16(carving::bytes_of(wide));
  }

  Bytes tokens_;
  std::size_t at_ = 4;
  Source source_;
  std::uint8_t last_ = kLineEnd;
  std::string_view last_word_;  // where it is an operator
};

}  // namespace

Source source_of(Bytes tokens) {
  return Tokens(tokens).read();
}

}  // namespace stoq::plugins::autoit
