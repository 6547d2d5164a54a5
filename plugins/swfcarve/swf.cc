// SPDX-License-Identifier: Apache-2.0
#include "swf.h"

#include <algorithm>

namespace stoq::plugins::swfcarve {
namespace {

using carving::Bytes;

constexpr unsigned kLastTag = 94, kPrivateTag = 253, kLastPrivateTag = 255;
constexpr std::size_t kMostTags = 64;

bool is_known(unsigned tag) {
  return tag <= kLastTag || (tag >= kPrivateTag && tag <= kLastPrivateTag);
}

}  // namespace

std::optional<std::size_t> next_head(Bytes content, std::size_t from) {
  while (from + kHead < content.size()) {
    // 'W' is rarer than 'C' and 'F'.
    const void* hit = std::memchr(content.data() + from + 1, 'W', content.size() - from - 1);
    if (!hit) return std::nullopt;
    const auto at =
        static_cast<std::size_t>(static_cast<const std::uint8_t*>(hit) - content.data()) - 1;
    const std::uint8_t first = content[at];
    if ((first == 'F' || first == 'C' || first == 'Z') && at + kHead < content.size() &&
        content[at + 2] == 'S') {
      const SwfHead head = head_at(content, at);
      if (head.version >= 1 && head.version <= kMaxVersion && head.length > kHead) return at;
    }
    from = at + 1;
  }
  return std::nullopt;
}

SwfHead head_at(Bytes content, std::size_t at) {
  return {static_cast<char>(carving::u8(content, at)), carving::u8(content, at + 3),
          carving::le32(content, at + 4)};
}

bool is_movie(Bytes body, std::size_t least) {
  // A rectangle: five bits say how many bits each of its four numbers has.
  const std::size_t bits = carving::u8(body, 0) >> 3, rectangle = (5 + 4 * bits + 7) / 8;
  if (bits == 0 || body.size() < rectangle + 4) return false;
  std::size_t at = rectangle + 4;  // behind the rate and the number of frames
  for (std::size_t tags = 0; tags < kMostTags; ++tags) {
    const unsigned head = carving::le16(body, at);
    std::uint64_t size = head & 0x3F, begin = at + 2;
    if (size == 0x3F) {
      size = carving::le32(body, at + 2);
      begin = at + 6;
    }
    if (begin > body.size()) return tags >= least;
    if (head == 0) return tags > 0;  // End
    if (!is_known(head >> 6)) return false;
    if (size > body.size() - begin) return tags >= least;
    at = static_cast<std::size_t>(begin + size);
  }
  return true;
}

}  // namespace stoq::plugins::swfcarve
