// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace stoq::plugins::decompress {

/// Reads numbers and bytes from [at, end); reading past the end leaves `ok` false.
struct Cursor {
  std::span<const std::uint8_t> bytes;
  std::size_t at = 0, end = 0;
  bool ok = true;

  /// Seven bits a byte, the lowest first.
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 64 && at < end; shift += 7) {
      const auto byte = bytes[at++];
      value |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    ok = false;
    return 0;
  }
  std::span<const std::uint8_t> take(std::uint64_t count) {
    if (!ok || at > end || count > end - at) {
      ok = false;
      return {};
    }
    at += count;
    return bytes.subspan(at - count, count);
  }
};

inline void put_number(std::vector<std::uint8_t>& out, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<std::uint8_t>(value | 0x80));
  out.push_back(static_cast<std::uint8_t>(value));
}

/// Little-endian; `at + size` lies inside.
inline std::uint32_t le_at(std::span<const std::uint8_t> bytes, std::size_t at, std::size_t size) {
  std::uint32_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8 | bytes[at + i];
  return value;
}

inline void put_le(std::span<std::uint8_t> bytes, std::size_t at, std::size_t size,
                   std::uint32_t value) {
  for (std::size_t i = 0; i < size; ++i, value >>= 8)
    bytes[at + i] = static_cast<std::uint8_t>(value);
}

inline std::uint32_t crc32_of(std::span<const std::uint8_t> bytes) {
  return static_cast<std::uint32_t>(::crc32_z(0, bytes.data(), bytes.size()));
}

}  // namespace stoq::plugins::decompress
