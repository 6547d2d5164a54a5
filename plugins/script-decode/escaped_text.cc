// SPDX-License-Identifier: Apache-2.0
#include "escaped_text.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "carving/bytes.h"
#include "stoq/sdk/json.h"

namespace stoq::plugins::script_decode {
namespace {

using std::string_view;

constexpr std::size_t kLeast = 8;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = static_cast<char>(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// `digits` digits of hex at `at`; -1 for none.
int hex_number(string_view text, std::size_t at, std::size_t digits) {
  if (at > text.size() || text.size() - at < digits) return -1;
  int value = 0;
  for (const char c : text.substr(at, digits)) {
    if (hex_value(c) < 0) return -1;
    value = value << 4 | hex_value(c);
  }
  return value;
}

std::size_t behind_space(string_view text, std::size_t at) {
  return std::min(text.find_first_not_of(" \t\r\n", at), text.size());
}

// As bytes where all are small, or where `pairs` says so; as UTF-8 otherwise.
std::string content_of(const std::vector<std::uint16_t>& units, bool pairs) {
  std::string out;
  if (!pairs && std::ranges::all_of(units, [](std::uint16_t unit) { return unit < 256; })) {
    for (const std::uint16_t unit : units) out += static_cast<char>(unit);
    return out;
  }
  for (const std::uint16_t unit : units) {
    out += static_cast<char>(unit & 0xFF);
    out += static_cast<char>(unit >> 8);
  }
  return pairs ? out : sdk::text_from_utf16(carving::bytes_of(out));
}

std::optional<EscapedText> escapes(string_view text, std::size_t at) {
  at = behind_space(text, at);
  if (at >= text.size() || (text[at] != '"' && text[at] != '\'')) return std::nullopt;
  const std::size_t begin = at + 1, end = text.find(text[at], begin);
  if (end == text.npos) return std::nullopt;
  std::vector<std::uint16_t> units;
  std::size_t wide = 0, count = 0;
  const string_view body = text.substr(begin, end - begin);
  for (std::size_t i = 0; i < body.size(); ++i) {
    int value = static_cast<unsigned char>(body[i]);
    if (body[i] == '%') {
      const bool is_wide = i + 1 < body.size() && (body[i + 1] | 0x20) == 'u';
      const std::size_t digits = is_wide ? 4 : 2;
      if (const int number = hex_number(body, i + (is_wide ? 2 : 1), digits); number >= 0) {
        value = number;
        i += digits + (is_wide ? 1 : 0);
        wide += is_wide;
        ++count;
      }
    }
    units.push_back(static_cast<std::uint16_t>(value));
  }
  if (count < kLeast) return std::nullopt;
  return EscapedText{begin, end, "escapes", content_of(units, wide == units.size())};
}

std::optional<EscapedText> codes(string_view text, std::size_t at) {
  const std::size_t begin = behind_space(text, at);
  std::vector<std::uint16_t> units;
  for (at = begin; at < text.size();) {
    const bool hex = text.substr(at, 2) == "0x" || text.substr(at, 2) == "0X";
    std::size_t digits = at + (hex ? 2 : 0);
    std::uint32_t value = 0;
    const std::size_t first = digits;
    for (; digits < text.size() && digits - first < 6; ++digits) {
      const int digit = hex_value(text[digits]);
      if (digit < 0 || (!hex && digit > 9)) break;
      value = value * (hex ? 16 : 10) + static_cast<std::uint32_t>(digit);
    }
    if (digits == first || value > 0xFFFF) break;
    units.push_back(static_cast<std::uint16_t>(value));
    at = behind_space(text, digits);
    if (at >= text.size() || text[at] != ',') break;
    at = behind_space(text, at + 1);
  }
  if (units.size() < kLeast) return std::nullopt;
  return EscapedText{begin, at, "character codes", content_of(units, false)};
}

}  // namespace

std::optional<EscapedText> next_escaped(string_view text, std::size_t from) {
  for (std::size_t open = text.find('(', from); open != text.npos;
       open = text.find('(', open + 1)) {
    const string_view before = text.substr(0, open);
    std::optional<EscapedText> found;
    if (before.ends_with("unescape") || before.ends_with("decodeURI") ||
        before.ends_with("decodeURIComponent"))
      found = escapes(text, open + 1);
    else if (before.ends_with("fromCharCode"))
      found = codes(text, open + 1);
    if (found) return found;
  }
  return std::nullopt;
}

}  // namespace stoq::plugins::script_decode
