// SPDX-License-Identifier: Apache-2.0
#include "config/text.h"

#include <locale.h>
#include <wctype.h>

#include <utility>

namespace stoq::config {
namespace {

constexpr char32_t kInvalid = 0xFFFFFFFF;

// Decodes the character at `at` and moves behind it; kInvalid leaves `at` where it was.
char32_t next(std::string_view text, size_t& at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(at);
  if (first < 0x80) return ++at, first;
  const size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() - at < length) return kInvalid;
  char32_t point = first & (0x7F >> length);
  for (size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return kInvalid;
    point = point << 6 | (byte(at + i) & 0x3F);
  }
  const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
  if (overlong || (point >= 0xD800 && point <= 0xDFFF) || point > 0x10FFFF) return kInvalid;
  at += length;
  return point;
}

void append(std::string& out, char32_t point) {
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | (point >> shift & 0x3F)); };
  if (point < 0x80) {
    out += static_cast<char>(point);
  } else if (point < 0x800) {
    out += static_cast<char>(0xC0 | point >> 6), tail(0);
  } else if (point < 0x10000) {
    out += static_cast<char>(0xE0 | point >> 12), tail(6), tail(0);
  } else {
    out += static_cast<char>(0xF0 | point >> 18), tail(12), tail(6), tail(0);
  }
}

// str.isspace(), which is wider than iswspace().
bool is_space(char32_t point) {
  return (point >= 0x9 && point <= 0xD) || (point >= 0x1C && point <= 0x20) || point == 0x85 ||
         point == 0xA0 || point == 0x1680 || (point >= 0x2000 && point <= 0x200A) ||
         point == 0x2028 || point == 0x2029 || point == 0x202F || point == 0x205F ||
         point == 0x3000;
}

// The size in bytes of the white space at the start, and its length in characters.
std::pair<size_t, size_t> leading(std::string_view text) {
  size_t end = 0, count = 0;
  for (size_t at = 0; at < text.size() && is_space(next(text, at)); end = at) ++count;
  return {end, count};
}

}  // namespace

size_t valid_prefix(std::string_view text) {
  size_t at = 0;
  while (at < text.size() && next(text, at) != kInvalid) {
  }
  return at;
}

std::string_view strip_end(std::string_view text) {
  while (!text.empty()) {
    size_t start = text.size() - 1;
    while (start > 0 && (text[start] & 0xC0) == 0x80) --start;
    size_t at = start;
    if (!is_space(next(text, at))) break;
    text = text.substr(0, start);
  }
  return text;
}

std::string_view strip(std::string_view text) {
  return strip_end(text.substr(leading(text).first));
}

size_t indentation(std::string_view text) {
  return leading(text).second;
}

std::string lower(std::string_view text) {
  static const locale_t unicode = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  std::string out;
  out.reserve(text.size());
  for (size_t at = 0; at < text.size();) {
    const char32_t point = next(text, at);
    if (point == kInvalid) {
      out += text[at++];
    } else if (point < 0x80 || !unicode) {
      append(out, point >= 'A' && point <= 'Z' ? point + 32 : point);
    } else if (point == 0x130) {  // the one letter that becomes two
      out += "i\u0307";
    } else {
      append(out, towlower_l(static_cast<wint_t>(point), unicode));
    }
  }
  return out;
}

std::string printable(std::string_view text) {
  constexpr size_t kMost = 80;
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t start = at;
    const char32_t point = next(text, at);
    if (point == kInvalid) ++at;
    if (at > kMost) return out += "...";
    const auto byte = static_cast<unsigned char>(text[start]);
    if (point == '\n') {
      out += "\\n";
    } else if (point < 0x20 || point == 0x7F || point == kInvalid) {
      out += "\\x";
      out += "0123456789abcdef"[byte >> 4];
      out += "0123456789abcdef"[byte & 15];
    } else {
      out += text.substr(start, at - start);
    }
  }
  return out;
}

std::string quote(std::string_view text) {
  return "'" + printable(text) + "'";
}

}  // namespace stoq::config
