// SPDX-License-Identifier: Apache-2.0
#include "carve.h"

#include <algorithm>
#include <bit>

namespace stoq::plugins::pecarve {
namespace {

using carving::Bytes;
using carving::Veil;

constexpr std::uint8_t kStep = 'M' ^ 'Z';  // between the two bytes of the magic, whatever the key

// The next place from `at` on where two bytes differ by kStep; the size of `b` if there is none.
std::size_t next_candidate(Bytes b, std::size_t at) {
  constexpr std::uint64_t kOnes = 0x0101010101010101, kHigh = kOnes << 7;
  for (; b.size() - at > 8; at += 8) {
    std::uint64_t here, next;
    std::memcpy(&here, b.data() + at, 8);
    std::memcpy(&next, b.data() + at + 1, 8);
    const std::uint64_t zero_where_found = here ^ next ^ (kOnes * kStep);
    const std::uint64_t found = (zero_where_found - kOnes) & ~zero_where_found & kHigh;
    if (found == 0) continue;
    // Above the lowest mark there may be false ones.
    if constexpr (std::endian::native != std::endian::little) break;
    return at + static_cast<std::size_t>(std::countr_zero(found)) / 8;
  }
  for (; at + 1 < b.size(); ++at)
    if ((b[at] ^ b[at + 1]) == kStep) return at;
  return b.size();
}

// Whether the highest byte of the place of the headers, at 0x3F, may be what it must be in a content
// below 16 MiB: zero, under the key or as it is.
bool may_be_pe(Bytes rest, std::uint8_t key) {
  constexpr std::size_t kHighest = 0x3F, kWide = 1 << 24;
  return rest.size() > kHighest &&
         (rest[kHighest] == key || rest[kHighest] == 0 || rest.size() >= kWide);
}

std::optional<Carved> carve_at(Bytes content, std::size_t at) {
  const Bytes rest = content.subspan(at);
  for (const std::uint8_t first : {'M', 'Z'}) {
    const auto key = static_cast<std::uint8_t>(rest[0] ^ first);
    if (!may_be_pe(rest, key)) continue;
    for (const bool keeps_zeros : {false, true}) {
      const Veil veil{key, keeps_zeros};
      if (key == 0 && (keeps_zeros || at == 0)) continue;
      const auto pe = carving::read_pe(rest, veil);
      if (!pe) continue;
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(pe->size, rest.size()));
      return Carved{at, size, veil, pe->size > rest.size()};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<Carved> carve_next(Bytes content, std::size_t from) {
  if (from >= content.size()) return std::nullopt;
  for (std::size_t at = from; (at = next_candidate(content, at)) < content.size(); ++at)
    if (const auto carved = carve_at(content, at)) return carved;
  return std::nullopt;
}

}  // namespace stoq::plugins::pecarve
