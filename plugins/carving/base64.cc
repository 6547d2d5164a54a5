// SPDX-License-Identifier: Apache-2.0
#include "carving/base64.h"

#include <algorithm>
#include <array>
#include <vector>

#include "b64decode/base64.h"

namespace stoq::plugins::carving {
namespace {

constexpr std::size_t kLine = 40;

enum class Sort : std::uint8_t { other, digit, url, padding, space };
constexpr std::array<Sort, 256> kSorts = [] {
  std::array<Sort, 256> sorts{};
  for (unsigned c = '0'; c <= '9'; ++c) sorts[c] = Sort::digit;
  for (unsigned c = 'a'; c <= 'z'; ++c) sorts[c] = sorts[c - 32] = Sort::digit;
  sorts['+'] = sorts['/'] = Sort::digit;
  sorts['-'] = sorts['_'] = Sort::url;
  sorts['='] = Sort::padding;
  sorts[' '] = sorts['\t'] = sorts['\r'] = sorts['\n'] = Sort::space;
  return sorts;
}();
Sort sort_of(char c) {
  return kSorts[static_cast<unsigned char>(c)];
}

std::string decode(std::string_view text) {
  b64decode::Decoder decoder;
  std::string out(b64decode::decoded_room(text.size() + 4), '\0');
  auto* const begin = reinterpret_cast<std::uint8_t*>(out.data());
  const auto bytes = [](std::string_view t) {
    return std::span(reinterpret_cast<const std::uint8_t*>(t.data()), t.size());
  };
  std::size_t size = decoder.decode(bytes(text), begin);
  if (decoder.ending() == b64decode::Decoder::Ending::unpadded)
    size += decoder.decode(bytes("=="), begin + size);
  out.resize(size);
  return out;
}

}  // namespace

std::string decode_base64(std::string_view text) {
  if (text.find_first_of("-_") == text.npos) return decode(text);
  std::string standard(text);
  std::ranges::replace(standard, '-', '+');
  std::ranges::replace(standard, '_', '/');
  return decode(standard);
}

std::optional<std::string> strict_base64(std::string_view text) {
  std::size_t digits = 0, padding = 0;
  for (const char c : text) {
    const Sort sort = sort_of(c);
    if (sort == Sort::space) continue;
    if (sort == Sort::padding) {
      ++padding;
    } else if (sort == Sort::digit && padding == 0) {
      ++digits;
    } else {
      return std::nullopt;
    }
  }
  if (digits == 0 || padding > 2 || (digits + padding) % 4 != 0) return std::nullopt;
  return decode(text);
}

std::optional<Run> next_base64(std::string_view text, std::size_t from, std::size_t least) {
  for (std::size_t at = from; at < text.size();) {
    if (sort_of(text[at]) != Sort::digit) {
      ++at;
      continue;
    }
    std::size_t end = at, characters = 0;
    for (std::size_t line = at;;) {
      while (end < text.size() && sort_of(text[end]) == Sort::digit) ++end;
      characters += end - line;
      std::size_t next = end;
      if (next < text.size() && text[next] == '\r') ++next;
      if (end - line < kLine || next >= text.size() || text[next] != '\n') break;
      ++next;
      if (next >= text.size() || sort_of(text[next]) != Sort::digit) break;
      line = end = next;
    }
    while (characters > 0 && end < text.size() && text[end] == '=' && characters % 4 != 0)
      ++end, ++characters;
    if (characters >= least) return Run{at, end - at};
    at = std::max(end, at + 1);
  }
  return std::nullopt;
}

}  // namespace stoq::plugins::carving
