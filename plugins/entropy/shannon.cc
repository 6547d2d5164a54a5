// SPDX-License-Identifier: Apache-2.0
#include "shannon.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstring>

namespace stoq::plugins::entropy {
namespace {

using Counts = std::array<std::uint64_t, 256>;

// A table for each byte of a word: neighbours that are equal do not wait for each other's counter.
Counts count(std::span<const std::uint8_t> bytes) {
  std::array<Counts, 8> tables{};
  const std::uint8_t* p = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; p += 8, left -= 8) {
    std::uint64_t word;
    std::memcpy(&word, p, sizeof word);
    for (Counts& table : tables) {
      ++table[word & 0xFF];
      word >>= 8;
    }
  }
  for (; left > 0; ++p, --left) ++tables[0][*p];

  Counts all = tables[0];
  for (std::size_t i = 1; i < tables.size(); ++i)
    for (std::size_t value = 0; value < all.size(); ++value) all[value] += tables[i][value];
  return all;
}

}  // namespace

double shannon_entropy(std::span<const std::uint8_t> bytes) {
  const auto size = static_cast<double>(bytes.size());
  double bits = 0;
  for (const std::uint64_t times : count(bytes)) {
    if (times == 0) continue;
    const double share = static_cast<double>(times) / size;
    bits -= share * std::log2(share);
  }
  return std::min(bits, 8.0);  // rounding may go beyond
}

}  // namespace stoq::plugins::entropy
