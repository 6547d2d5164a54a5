// SPDX-License-Identifier: Apache-2.0
#include "rolling_xor.h"

#include <array>
#include <cstring>

namespace stoq::plugins::xordecode {
namespace {

using Block = std::array<std::uint64_t, RollingXor::kBlock / sizeof(std::uint64_t)>;

// By words, which compilers turn into the widest that the machine has.
void xor_block(const std::uint8_t* from, const std::uint8_t* key, std::uint8_t* to) {
  Block data, mask;
  std::memcpy(data.data(), from, sizeof data);
  std::memcpy(mask.data(), key, sizeof mask);
  for (std::size_t i = 0; i < data.size(); ++i) data[i] ^= mask[i];
  std::memcpy(to, data.data(), sizeof data);
}

}  // namespace

RollingXor::RollingXor(std::span<const std::uint8_t> key)
    : key_(key.begin(), key.end()), size_(key.size()), step_(kBlock % key.size()) {
  key_.resize(size_ + kBlock);
  for (std::size_t i = size_; i < key_.size(); ++i) key_[i] = key_[i - size_];
}

void RollingXor::apply(std::span<const std::uint8_t> in, std::uint8_t* out) {
  const std::uint8_t* from = in.data();
  std::uint8_t* to = out;
  const std::uint8_t* key = key_.data();
  std::size_t left = in.size(), at = at_;
  for (; left >= kBlock; left -= kBlock, from += kBlock, to += kBlock) {
    xor_block(from, key + at, to);
    at += step_;
    if (at >= size_) at -= size_;
  }
  for (std::size_t i = 0; i < left; ++i) to[i] = from[i] ^ key[at + i];
  at_ = (at + left) % size_;
}

}  // namespace stoq::plugins::xordecode
