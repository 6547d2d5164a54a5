// SPDX-License-Identifier: Apache-2.0
#include "powerpoint.h"

namespace stoq::plugins::ole {

// Records: version and instance, type, size. A version of 15 says that records are inside.
std::vector<SlideObject> slide_objects(office::Bytes stream) {
  constexpr std::uint16_t kStorage = 0x1011;
  constexpr std::uint16_t kContainer = 15;
  constexpr std::size_t kMost = 10'000;
  std::vector<SlideObject> found;
  for (office::Cursor in(stream); in.left() >= 8 && found.size() < kMost;) {
    const std::uint64_t offset = in.at();
    const std::uint16_t head = in.u16(), type = in.u16();
    const std::uint32_t size = in.u32();
    if ((head & 15) == kContainer) continue;
    const office::Bytes content = in.take(size);
    if (type == kStorage) {
      const bool compressed = head >> 4 == 1;
      found.push_back({offset, compressed, office::part_of(content, compressed ? 4 : 0)});
    }
  }
  return found;
}

}  // namespace stoq::plugins::ole
