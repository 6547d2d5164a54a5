// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace stoq::bench {

// SplitMix64: the same numbers for the same seed, everywhere.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}
  uint64_t next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  uint64_t below(uint64_t n) { return next() % n; }
  uint64_t between(uint64_t low, uint64_t high) { return low + below(high - low + 1); }
  uint8_t byte() { return static_cast<uint8_t>(next()); }
  std::string letters(size_t n) {
    std::string text(n, 'a');
    for (char& c : text) c = static_cast<char>('a' + below(26));
    return text;
  }

 private:
  uint64_t state_;
};

}  // namespace stoq::bench
