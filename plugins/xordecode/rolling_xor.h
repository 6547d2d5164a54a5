// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace stoq::plugins::xordecode {

/// A key laid end to end over a stream: byte i of the stream belongs to byte i % size of the key.
/// For one stream at a time.
class RollingXor {
 public:
  static constexpr std::size_t kBlock = 64;

  /// The key is not empty.
  explicit RollingXor(std::span<const std::uint8_t> key);

  /// Decodes the next bytes of the stream to `out`, which has as many and does not overlap them.
  void apply(std::span<const std::uint8_t> in, std::uint8_t* out);

 private:
  std::vector<std::uint8_t> key_;  // repeated: a whole block can be read from each of its bytes
  std::size_t size_, step_;
  std::size_t at_ = 0;
};

/// All of `in` by `key` into `out`, which has as many bytes and does not overlap it.
inline void xor_into(std::span<const std::uint8_t> in, std::span<const std::uint8_t> key,
                     std::uint8_t* out) {
  RollingXor(key).apply(in, out);
}

}  // namespace stoq::plugins::xordecode
