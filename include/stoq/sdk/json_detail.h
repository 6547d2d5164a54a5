// SPDX-License-Identifier: Apache-2.0
#pragma once

// The byte work under stoq/sdk/json.h and the engine's canonicaliser. Not for plugins to call.

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace stoq::sdk::detail {

inline constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
inline constexpr char32_t kReplacementPoint = 0xFFFD;
inline constexpr size_t kDoubleSize = 32;

inline uint8_t byte(char c) {
  return static_cast<uint8_t>(c);
}
inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
inline bool is_space(char c) {
  return c == ' ' || c == '\n' || c == '\r' || c == '\t';
}

inline const char* skip_space(const char* p, const char* end) {
  while (p != end && is_space(*p)) ++p;
  return p;
}

inline std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

inline uint64_t load64(const char* p) {
  uint64_t word;
  std::memcpy(&word, p, sizeof word);
  return word;
}

// The first byte that is a quote, a backslash, a control or not ASCII, or `end`.
inline const char* plain_run(const char* p, const char* end) {
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"'), slash = _mm_set1_epi8('\\'), space = _mm_set1_epi8(' ');
  for (; end - p >= 16; p += 16) {
    const __m128i chunk = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    // Signed, so that bytes from 0x80 on count as below a space.
    const __m128i hits =
        _mm_or_si128(_mm_cmplt_epi8(chunk, space),
                     _mm_or_si128(_mm_cmpeq_epi8(chunk, quote), _mm_cmpeq_epi8(chunk, slash)));
    if (const int mask = _mm_movemask_epi8(hits))
      return p + __builtin_ctz(static_cast<unsigned>(mask));
  }
#endif
  // Eight at once: the high bit of a byte is set where it, its difference to a space, or its
  // zero test says so. A borrow can only mark a byte behind a true hit, so the test "any" is
  // exact.
  constexpr uint64_t kOnes = 0x0101010101010101, kHigh = kOnes << 7;
  for (; end - p >= 8; p += 8) {
    const uint64_t word = load64(p), to_quote = word ^ (kOnes * '"'),
                   to_slash = word ^ (kOnes * '\\');
    if ((word | (word - kOnes * ' ') | (to_quote - kOnes) | (to_slash - kOnes)) & kHigh) break;
  }
  while (p != end && byte(*p) >= ' ' && byte(*p) < 0x80 && *p != '"' && *p != '\\') ++p;
  return p;
}

// For *p >= 0x80: the length of the UTF-8 sequence there, or minus the length of the maximal
// subpart that is none.
inline int utf8_sequence(const char* p, const char* end) {
  const uint8_t lead = byte(*p);
  if (lead < 0xC2 || lead > 0xF4) return -1;
  const int length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  uint8_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  uint8_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  for (int i = 1; i < length; ++i) {
    if (end - p == i || byte(p[i]) < low || byte(p[i]) > high) return -i;
    low = 0x80;
    high = 0xBF;
  }
  return length;
}

// The first byte of what is not UTF-8, or `end`.
inline const char* utf8_run(const char* p, const char* end) {
  while (p != end) {
    if (byte(*p) >= 0x80) {
      const int length = utf8_sequence(p, end);
      if (length < 0) return p;
      p += length;
      continue;
    }
    constexpr uint64_t kHigh = 0x8080808080808080;
    while (end - p >= 16 && ((load64(p) | load64(p + 8)) & kHigh) == 0) p += 16;
    while (p != end && byte(*p) < 0x80) ++p;
  }
  return p;
}

// The first byte that cannot stand in a canonical string as it is: a quote, a backslash, a
// control, not UTF-8.
inline const char* clean_run(const char* p, const char* end) {
  for (;;) {
    p = plain_run(p, end);
    if (p == end || byte(*p) < 0x80) return p;
    do {
      const int length = utf8_sequence(p, end);
      if (length < 0) return p;
      p += length;
    } while (p != end && byte(*p) >= 0x80);
  }
}

// Writes the canonical escape of a quote, backslash or control; at most 6 bytes.
inline size_t escape_ascii(char c, char* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  static constexpr char kShort[] = "\b\t\n\f\r\"\\", kNames[] = "btnfr\"\\";
  out[0] = '\\';
  if (const void* found = std::memchr(kShort, c, sizeof kShort - 1)) {
    out[1] = kNames[static_cast<const char*>(found) - kShort];
    return 2;
  }
  std::memcpy(out + 1, "u00", 3);
  out[4] = kHex[byte(c) >> 4];
  out[5] = kHex[byte(c) & 15];
  return 6;
}

// Writes a code point that is no surrogate as UTF-8; at most 4 bytes.
inline size_t encode_utf8(char32_t point, char* out) {
  const auto tail = [&](unsigned shift) {
    return static_cast<char>(0x80 | ((point >> shift) & 0x3F));
  };
  if (point < 0x80) return out[0] = static_cast<char>(point), 1;
  if (point < 0x800) return out[0] = static_cast<char>(0xC0 | point >> 6), out[1] = tail(0), 2;
  if (point < 0x10000)
    return out[0] = static_cast<char>(0xE0 | point >> 12), out[1] = tail(6), out[2] = tail(0), 3;
  return out[0] = static_cast<char>(0xF0 | point >> 18), out[1] = tail(12), out[2] = tail(6),
         out[3] = tail(0), 4;
}

inline void append_point(std::string& out, char32_t point) {
  if (point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) point = kReplacementPoint;
  char bytes[4];
  out.append(bytes, encode_utf8(point, bytes));
}

inline int hex4(const char* p, const char* end) {
  if (end - p < 4) return -1;
  int value = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = p[i], lower = static_cast<char>(c | 0x20);
    if (is_digit(c))
      value = value * 16 + (c - '0');
    else if (lower >= 'a' && lower <= 'f')
      value = value * 16 + (lower - 'a' + 10);
    else
      return -1;
  }
  return value;
}

// Reads the digits after "\u", and the second half of a surrogate pair with them; a lone half
// gives U+FFFD. Returns what follows, or null where the digits are wrong.
inline const char* read_unicode_escape(const char* p, const char* end, char32_t& point) {
  const int first = hex4(p, end);
  if (first < 0) return nullptr;
  point = static_cast<char32_t>(first);
  p += 4;
  if (first < 0xD800 || first > 0xDFFF) return p;
  point = kReplacementPoint;
  if (first > 0xDBFF || end - p < 6 || p[0] != '\\' || p[1] != 'u') return p;
  const int second = hex4(p + 2, end);
  if (second < 0xDC00 || second > 0xDFFF) return p;
  point = 0x10000 + (static_cast<char32_t>(first - 0xD800) << 10) +
          static_cast<char32_t>(second - 0xDC00);
  return p + 6;
}

// What an escape of one letter stands for, or 0.
inline char short_escape(char letter) {
  switch (letter) {
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    case '"':
    case '\\':
    case '/':
      return letter;
    default:
      return 0;
  }
}

// What follows the string that begins at p, or null where none does.
inline const char* skip_string(const char* p, const char* end) {
  if (p == end || *p != '"') return nullptr;
  for (++p; p != end; ++p) {
    p = plain_run(p, end);
    if (p == end) return nullptr;
    if (*p == '"') return p + 1;
    if (*p == '\\' && ++p == end) return nullptr;
  }
  return nullptr;
}

// What follows the value that begins at p, or null where none does. Counts brackets, so it does
// not recurse.
inline const char* skip_value(const char* p, const char* end) {
  const char* const first = p;
  size_t depth = 0;
  while (p != end) {
    if (*p == '"') {
      if (!(p = skip_string(p, end))) return nullptr;
    } else if (*p == '{' || *p == '[') {
      ++depth, ++p;
    } else if (*p == '}' || *p == ']') {
      if (depth == 0) return nullptr;
      --depth, ++p;
    } else if (depth == 0) {
      while (p != end && !is_space(*p) && *p != ',' && *p != ']' && *p != '}' && *p != ':') ++p;
      return p == first ? nullptr : p;
    } else {
      ++p;
      continue;
    }
    if (depth == 0) return p;
  }
  return nullptr;
}

// The text of one quoted string, or nothing where it is none.
inline std::optional<std::string> unquote(std::string_view quoted) {
  const char* p = quoted.data();
  const char* end = p + quoted.size();
  if (skip_string(p, end) != end || quoted.empty()) return std::nullopt;
  std::string text;
  for (++p, --end;;) {
    const auto* slash =
        static_cast<const char*>(std::memchr(p, '\\', static_cast<size_t>(end - p)));
    if (!slash) return text.append(p, static_cast<size_t>(end - p));
    text.append(p, static_cast<size_t>(slash - p));
    p = slash + 2;  // the closing quote is not escaped, so this is at most `end`
    if (slash[1] == 'u') {
      char32_t point;
      if (!(p = read_unicode_escape(p, end, point))) return std::nullopt;
      append_point(text, point);
    } else if (const char c = short_escape(slash[1])) {
      text.push_back(c);
    } else {
      return std::nullopt;
    }
  }
}

// Writes what Python's repr() gives, or null for NaN and infinities; less than kDoubleSize bytes.
inline size_t format_double(double number, char* out) {
  if (!__builtin_isfinite(number)) return std::memcpy(out, "null", 4), 4;
  const double size = number < 0 ? -number : number;
  const bool fixed = size == 0 || (size >= 1e-4 && size < 1e16);
  char* end = std::to_chars(out, out + kDoubleSize, number,
                            fixed ? std::chars_format::fixed : std::chars_format::scientific)
                  .ptr;
  if (fixed && !std::memchr(out, '.', static_cast<size_t>(end - out))) *end++ = '.', *end++ = '0';
  return static_cast<size_t>(end - out);
}

inline std::string from_utf8(std::string_view raw) {
  std::string text;
  const char* p = raw.data();
  const char* const end = p + raw.size();
  for (;;) {
    const char* const run = p;
    p = utf8_run(p, end);
    text.append(run, static_cast<size_t>(p - run));
    if (p == end) return text;
    text.append(kReplacement);
    p -= utf8_sequence(p, end);
  }
}

inline std::string from_utf16(std::span<const uint8_t> raw, bool big) {
  std::string text;
  const auto unit = [&](size_t i) {
    return static_cast<char32_t>(raw[i + !big] << 8 | raw[i + big]);
  };
  size_t i = 0;
  for (; i + 2 <= raw.size(); i += 2) {
    char32_t point = unit(i);
    if (point >= 0xD800 && point < 0xDC00 && i + 4 <= raw.size() &&
        (unit(i + 2) & 0xFC00) == 0xDC00) {
      point = 0x10000 + ((point - 0xD800) << 10) + (unit(i + 2) - 0xDC00);
      i += 2;
    }
    append_point(text, point);
  }
  if (i != raw.size()) text.append(kReplacement);
  return text;
}

inline std::string from_utf32(std::span<const uint8_t> raw, bool big) {
  std::string text;
  size_t i = 0;
  for (; i + 4 <= raw.size(); i += 4) {
    char32_t point = 0;
    for (size_t k = 0; k < 4; ++k) point = point << 8 | raw[i + (big ? k : 3 - k)];
    append_point(text, point);
  }
  if (i != raw.size()) text.append(kReplacement);
  return text;
}

inline std::string from_windows_1252(std::span<const uint8_t> raw) {
  static constexpr char16_t kBlock80[32] = {
      0x20AC, 0xFFFD, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
      0x2039, 0x0152, 0xFFFD, 0x017D, 0xFFFD, 0xFFFD, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
      0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0xFFFD, 0x017E, 0x0178};
  std::string text;
  text.reserve(raw.size() + raw.size() / 4);
  for (const uint8_t c : raw) {
    if (c < 0x80)
      text.push_back(static_cast<char>(c));
    else
      append_point(text, c < 0xA0 ? kBlock80[c - 0x80] : c);
  }
  return text;
}

}  // namespace stoq::sdk::detail
