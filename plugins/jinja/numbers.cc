// SPDX-License-Identifier: Apache-2.0
#include "numbers.h"

#include <charconv>
#include <cstdlib>
#include <limits>
#include <string>

#include "text.h"

namespace stoq::plugins::jinja {
namespace {

constexpr size_t kLongest = 5000;  // digits; a longer text is no number

char low(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

bool alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (low(c) >= 'a' && low(c) <= 'z');
}

bool take_sign(std::string_view& text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  return negative;
}

// In lower case and without underscores, which stand between digits only.
std::optional<std::string> plain(std::string_view text) {
  if (text.size() > kLongest) return std::nullopt;
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '_') {
      out += low(text[i]);
    } else if (i == 0 || i + 1 == text.size() || !alphanumeric(text[i - 1]) ||
               !alphanumeric(text[i + 1])) {
      return std::nullopt;
    }
  }
  return out;
}

}  // namespace

std::optional<int64_t> parse_integer(std::string_view text, int base) {
  text = strip(text, nullptr, Side::both);
  const bool negative = take_sign(text);
  const char letter = text.size() > 2 && text[0] == '0' ? low(text[1]) : '\0';
  const int prefixed = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 0;
  if (prefixed != 0 && (base == 0 || base == prefixed)) {
    text.remove_prefix(text[2] == '_' ? 3 : 2);
    base = prefixed;
  }
  const std::optional<std::string> digits = plain(text);
  if (!digits || digits->empty() || !alphanumeric(digits->front())) return std::nullopt;
  if (base == 0) {
    if (digits->front() == '0' && digits->find_first_not_of('0') != digits->npos)
      return std::nullopt;
    base = 10;
  }
  const std::string whole = (negative ? "-" : "") + *digits;
  int64_t number = 0;
  const auto parsed = std::from_chars(whole.data(), whole.data() + whole.size(), number, base);
  if (parsed.ec != std::errc() || parsed.ptr != whole.data() + whole.size()) return std::nullopt;
  return number;
}

std::optional<double> parse_float(std::string_view text) {
  text = strip(text, nullptr, Side::both);
  const bool negative = take_sign(text);
  const std::optional<std::string> word = plain(text);
  if (!word || word->empty()) return std::nullopt;
  double number = 0;
  if (*word == "nan") {
    number = std::numeric_limits<double>::quiet_NaN();
  } else if (*word == "inf" || *word == "infinity") {
    number = std::numeric_limits<double>::infinity();
  } else {
    if (word->find_first_not_of("0123456789.e+-") != word->npos || word->front() == '-')
      return std::nullopt;
    const char* const end = word->data() + word->size();
    const auto parsed = std::from_chars(word->data(), end, number);
    if (parsed.ptr != end) return std::nullopt;
    if (parsed.ec == std::errc::result_out_of_range) number = std::strtod(word->c_str(), nullptr);
  }
  return negative ? -number : number;
}

}  // namespace stoq::plugins::jinja
