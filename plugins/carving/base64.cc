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

// Adds up digits and, in the upper half, spaces.
constexpr std::array<std::uint64_t, 256> kWeights = [] {
  std::array<std::uint64_t, 256> weights{};
  for (std::size_t c = 0; c < weights.size(); ++c)
    weights[c] = kSorts[c] == Sort::digit ? 1 : kSorts[c] == Sort::space ? 1ull << 32 : 0;
  return weights;
}();

// The first place from `at` on where a stretch of at least `least` digits begins, or what is left of
// one at `at`; the size of the text if there is none.
std::size_t next_digits(std::string_view text, std::size_t at, std::size_t least) {
  while (at < text.size() && text.size() - at >= least) {
    // From the end of what must be digits: most of it need not be looked at.
    std::size_t begin = at + least;
    while (begin > at && sort_of(text[begin - 1]) == Sort::digit) --begin;
    if (begin == at) return at;
    at = begin;
  }
  return text.size();
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
  if (text.find('-') == text.npos && text.find('_') == text.npos) return decode(text);
  std::string standard(text);
  std::ranges::replace(standard, '-', '+');
  std::ranges::replace(standard, '_', '/');
  return decode(standard);
}

std::optional<std::string> strict_base64(std::string_view text) {
  const std::string_view body = text.substr(0, text.find('='));
  std::uint64_t sum = 0;
  for (const char c : body) sum += kWeights[static_cast<unsigned char>(c)];
  const std::size_t digits = sum & 0xFFFFFFFF, spaces = sum >> 32;
  if (digits + spaces != body.size()) return std::nullopt;
  std::size_t padding = 0;
  for (const char c : text.substr(body.size())) {
    if (sort_of(c) == Sort::space) continue;
    if (sort_of(c) != Sort::padding) return std::nullopt;
    ++padding;
  }
  if (digits == 0 || padding > 2 || (digits + padding) % 4 != 0) return std::nullopt;
  return decode(text);
}

std::optional<Run> next_base64(std::string_view text, std::size_t from, std::size_t least) {
  // A first line that is long enough holds so many digits: three may be padding.
  const std::size_t shortest = std::min(std::max<std::size_t>(least, 4), kLine) - 3;
  for (std::size_t at = from; at < text.size();) {
    at = next_digits(text, at, shortest);
    if (at == text.size()) break;
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
    at = end;
  }
  return std::nullopt;
}

}  // namespace stoq::plugins::carving
