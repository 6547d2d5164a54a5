// SPDX-License-Identifier: Apache-2.0
#include "literals.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <cstring>

#include "lexer.h"
#include "text.h"

namespace stoq::plugins::jinja {
namespace {

char at(std::string_view text, size_t place) {
  return place < text.size() ? text[place] : '\0';
}

bool digit(char c, int base) {
  const char low = static_cast<char>(c | 0x20);
  if (base == 16 && low >= 'a' && low <= 'f') return true;
  return c >= '0' && c < '0' + std::min(base, 10);
}

// The length of digits that single underscores may part.
size_t run(std::string_view text, int base) {
  size_t size = 0;
  while (digit(at(text, size), base) ||
         (size > 0 && at(text, size) == '_' && digit(at(text, size + 1), base)))
    ++size;
  return size;
}

// The length of what makes a float of the digits before; 0 where nothing does.
size_t fraction(std::string_view text) {
  size_t size = 0;
  if (at(text, 0) == '.' && digit(at(text, 1), 10)) size = 1 + run(text.substr(1), 10);
  if ((at(text, size) | 0x20) == 'e') {
    const size_t sign = at(text, size + 1) == '+' || at(text, size + 1) == '-';
    if (const size_t digits = run(text.substr(std::min(text.size(), size + 1 + sign)), 10))
      size += 1 + sign + digits;
  }
  return size;
}

int base_of(std::string_view text) {
  if (at(text, 0) != '0') return 10;
  const char letter = static_cast<char>(at(text, 1) | 0x20);
  const int base = letter == 'x' ? 16 : letter == 'o' ? 8 : letter == 'b' ? 2 : 10;
  return base != 10 && digit(at(text, at(text, 2) == '_' ? 3 : 2), base) ? base : 10;
}

}  // namespace

Number read_number(std::string_view text, bool after_dot, uint32_t line) {
  Number number;
  const int base = base_of(text);
  if (base != 10) {
    const size_t first = text[2] == '_' ? 3 : 2;
    number.size = first + run(text.substr(first), base);
  } else {
    number.size = run(text, 10);
    const size_t more = after_dot ? 0 : fraction(text.substr(number.size));
    number.real = more > 0;
    if (!number.real && text[0] == '0')  // a zero stands alone
      number.size = std::min(number.size, text.find_first_not_of("0_"));
    number.size += more;
  }
  std::string plain(text.substr(0, number.size));
  std::erase(plain, '_');
  if (number.real) {
    number.decimal = std::strtod(plain.c_str(), nullptr);
    return number;
  }
  const char* const first = plain.data() + (base == 10 ? 0 : 2);
  const auto parsed = std::from_chars(first, plain.data() + plain.size(), number.integer, base);
  if (parsed.ec != std::errc())
    throw SyntaxError(line, "the integer " + plain + " is beyond 64 bits");
  return number;
}

std::string unescaped(std::string_view text, uint32_t line) {
  static constexpr char kNames[] = "abfnrtv\\'\"", kMeanings[] = "\a\b\f\n\r\t\v\\'\"";
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      out += text[i];
      continue;
    }
    const char c = text[++i];  // the lexer has seen to it that there is one
    if (const char* const known = c ? std::strchr(kNames, c) : nullptr) {
      out += kMeanings[known - kNames];
    } else if (c == 'x' || c == 'u' || c == 'U') {
      const size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : 8;
      const std::string_view hex = text.substr(i + 1, digits);
      uint32_t point = 0;
      const auto parsed = std::from_chars(hex.data(), hex.data() + hex.size(), point, 16);
      if (hex.size() != digits || parsed.ptr != hex.data() + digits || point > 0x10FFFF)
        throw SyntaxError(line, std::string("'\\") + c + "' in a string needs " +
                                    std::to_string(digits) + " hexadecimal digits");
      append_point(out, point);
      i += digits;
    } else if (c >= '0' && c <= '7') {
      char32_t point = 0;
      size_t end = i;
      while (end < std::min(text.size(), i + 3) && text[end] >= '0' && text[end] <= '7')
        point = point * 8 + static_cast<char32_t>(text[end++] - '0');
      append_point(out, point);
      i = end - 1;
    } else if (c == 'N') {
      throw SyntaxError(line, "'\\N' in a string is not offered; write the character itself");
    } else if (c != '\n') {
      out += '\\';
      out += c;
    }
  }
  return out;
}

}  // namespace stoq::plugins::jinja
