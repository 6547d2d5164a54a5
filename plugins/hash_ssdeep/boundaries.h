// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace stoq::plugins::hash_ssdeep {

inline constexpr std::uint32_t kMinBlock = 3;
inline constexpr std::size_t kLevels = 31;
inline constexpr std::size_t kMaxPieces = 64;  // characters of a signature

constexpr std::uint64_t block_size(std::size_t level) {
  return std::uint64_t{kMinBlock} << level;
}

// Where the pieces of one block size end.
struct Level {
  std::uint64_t count = 0;
  std::size_t last = 0;                         // one past the last boundary
  std::array<std::size_t, kMaxPieces> first{};  // the same of the first ones

  void add(std::size_t end) {
    if (count < kMaxPieces) first[count] = end;
    ++count;
    last = end;
  }
};

// The boundaries of all block sizes. A boundary of one is a boundary of each smaller size too.
// Small levels are given up on the way, once they can no longer be the answer.
struct Boundaries {
  std::array<Level, kLevels + 1> levels{};
  std::size_t guess = 0;   // the level that the size alone suggests
  bool blank_end = false;  // the window at the end is all zeros
};

Boundaries find_boundaries(std::span<const std::uint8_t> bytes);

}  // namespace stoq::plugins::hash_ssdeep
