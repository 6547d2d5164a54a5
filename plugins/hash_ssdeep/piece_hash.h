// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace stoq::plugins::hash_ssdeep {

// A stretch of the content, and what becomes of it: six bits of an FNV-1 hash.
struct Piece {
  const std::uint8_t* at;
  std::size_t size;
  std::uint32_t hash;
};

// Fills in the hashes. Several pieces at once: each byte of one waits for the byte before.
void hash_pieces(std::span<Piece> pieces);

}  // namespace stoq::plugins::hash_ssdeep
