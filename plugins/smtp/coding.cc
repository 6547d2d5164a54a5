// SPDX-License-Identifier: Apache-2.0
#include "coding.h"

#include <array>
#include <cstdint>

#include "b64decode/base64.h"
#include "lines.h"

namespace stoq::plugins::smtp {
namespace {

constexpr std::uint8_t kNone = 255, kPadding = 254;

constexpr std::array<std::uint8_t, 256> kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNone);
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    values[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  values['='] = kPadding;
  return values;
}();

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/// The byte behind two hexadecimal digits at `at`, or -1.
int hex_byte(std::string_view text, std::size_t at) {
  if (text.size() < 2 || at > text.size() - 2) return -1;
  const int high = hex_digit(text[at]), low = hex_digit(text[at + 1]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

std::string from_escapes(std::string_view text, char escape, bool underscores) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int byte = text[i] == escape ? hex_byte(text, i + 1) : -1;
    if (byte >= 0) {
      out.push_back(static_cast<char>(byte));
      i += 2;
    } else {
      out.push_back(underscores && text[i] == '_' ? ' ' : text[i]);
    }
  }
  return out;
}

}  // namespace

Encoding encoding_named(std::string_view value) {
  std::string name;
  for (const char c : value) {
    if (c == '(' || c == ';') break;
    if (!is_blank(c) && c != '"' && c != '\'') name.push_back(lower(c));
  }
  if (name.empty() || name == "7bit" || name == "8bit" || name == "binary" || name == "7-bit" ||
      name == "8-bit" || name == "none")
    return Encoding::none;
  if (name == "base64" || name == "base-64") return Encoding::base64;
  if (name == "quoted-printable" || name == "quotedprintable") return Encoding::quoted_printable;
  if (name == "x-uuencode" || name == "uuencode" || name == "x-uue" || name == "uue")
    return Encoding::uuencode;
  if (name == "x-binhex" || name == "binhex" || name == "mac-binhex40" || name == "x-binhex40")
    return Encoding::binhex;
  return Encoding::unknown;
}

std::string from_base64(std::string_view text) {
  std::string out;
  out.resize(b64decode::decoded_room(text.size() + 4));
  auto* to = reinterpret_cast<std::uint8_t*>(out.data());
  std::uint32_t group = 0;
  unsigned count = 0;
  const auto flush = [&] {  // what an unfinished group of `count` characters holds
    if (count >= 2) *to++ = static_cast<std::uint8_t>(group >> (count * 6 - 8));
    if (count == 3) *to++ = static_cast<std::uint8_t>(group >> 2);
    group = count = 0;
  };
  const auto* at = reinterpret_cast<const std::uint8_t*>(text.data());
  for (const auto* const end = at + text.size(); at != end;) {
    if (count == 0) at = b64decode::decode_groups(at, end, to);
    if (at == end) break;
    const std::uint8_t value = kValues[*at++];
    if (value < 64) {
      group = group << 6 | value;
      if (++count < 4) continue;
      *to++ = static_cast<std::uint8_t>(group >> 16);
      *to++ = static_cast<std::uint8_t>(group >> 8);
      *to++ = static_cast<std::uint8_t>(group);
      group = count = 0;
    } else if (value == kPadding) {
      flush();
    }
  }
  flush();
  out.resize(static_cast<std::size_t>(to - reinterpret_cast<std::uint8_t*>(out.data())));
  return out;
}

std::string from_quoted_printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  Lines lines(text);
  for (std::string_view line; lines.next(line);) {
    const std::string_view whole = text.substr(lines.start(), lines.at() - lines.start());
    const std::string_view end = whole.substr(line.size());
    while (!line.empty() && (line.back() == ' ' || line.back() == '\t')) line.remove_suffix(1);
    const bool soft = line.ends_with('=');
    if (soft) line.remove_suffix(1);
    out += from_escapes(line, '=', false);
    if (!soft) out += end;
  }
  return out;
}

std::string from_q(std::string_view text) {
  return from_escapes(text, '=', true);
}

std::string from_percent(std::string_view text) {
  return from_escapes(text, '%', false);
}

}  // namespace stoq::plugins::smtp
