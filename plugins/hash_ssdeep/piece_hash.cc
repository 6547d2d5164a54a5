// SPDX-License-Identifier: Apache-2.0
#include "piece_hash.h"

#include <algorithm>
#include <array>
#include <vector>

namespace stoq::plugins::hash_ssdeep {
namespace {

constexpr std::uint32_t kStart = 0x28021967;
constexpr std::uint32_t kPrime = 0x01000193;
constexpr std::size_t kLanes = 4;

using Lanes = std::array<Piece, kLanes>;

template <std::size_t count>
void advance(Lanes& all, std::size_t size) {
  std::array<Piece, count> lanes;
  std::copy_n(all.begin(), count, lanes.begin());
  for (std::size_t i = 0; i < size; ++i)
    for (Piece& lane : lanes) lane.hash = lane.hash * kPrime ^ lane.at[i];
  for (Piece& lane : lanes) {
    lane.at += size;
    lane.size -= size;
  }
  std::copy_n(lanes.begin(), count, all.begin());
}

void advance(Lanes& lanes, std::size_t count, std::size_t size) {
  switch (count) {
    case 1:
      return advance<1>(lanes, size);
    case 2:
      return advance<2>(lanes, size);
    case 3:
      return advance<3>(lanes, size);
    default:
      return advance<kLanes>(lanes, size);
  }
}

}  // namespace

void hash_pieces(std::span<Piece> pieces) {
  std::vector<Piece*> waiting;  // the longest last, to be taken first
  for (Piece& piece : pieces) waiting.push_back(&piece);
  std::ranges::sort(waiting, {}, &Piece::size);

  Lanes lanes{};
  std::array<Piece*, kLanes> owners{};
  std::size_t count = 0;
  for (;;) {
    while (count < kLanes && !waiting.empty()) {
      owners[count] = waiting.back();
      lanes[count] = *owners[count];
      lanes[count++].hash = kStart;
      waiting.pop_back();
    }
    if (count == 0) return;
    const auto live = std::span(lanes).first(count);
    advance(lanes, count, std::ranges::min(live, {}, &Piece::size).size);
    for (std::size_t i = count; i-- > 0;) {
      if (lanes[i].size > 0) continue;
      owners[i]->hash = lanes[i].hash & 63;
      --count;
      lanes[i] = lanes[count];
      owners[i] = owners[count];
    }
  }
}

}  // namespace stoq::plugins::hash_ssdeep
