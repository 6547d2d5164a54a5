// SPDX-License-Identifier: Apache-2.0
//
// Reading of bytes that may not be there: outside of the content everything is 0.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace stoq::plugins::carving {

using Bytes = std::span<const std::uint8_t>;

inline std::string_view text_of(Bytes b) {
  return {reinterpret_cast<const char*>(b.data()), b.size()};
}
inline Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The part of `b` from `at` on, at most `size` bytes: shorter, or empty, where there is less.
inline Bytes part(Bytes b, std::uint64_t at, std::uint64_t size = UINT64_MAX) {
  if (at >= b.size()) return {};
  const std::uint64_t rest = b.size() - at;
  return b.subspan(static_cast<std::size_t>(at),
                   static_cast<std::size_t>(rest < size ? rest : size));
}

inline bool has(Bytes b, std::uint64_t at, std::string_view what) {
  const Bytes there = part(b, at, what.size());
  return there.size() == what.size() && std::memcmp(there.data(), what.data(), what.size()) == 0;
}

/// `count` bytes, at most 8, the lowest first.
inline std::uint64_t little(Bytes b, std::uint64_t at, unsigned count) {
  const Bytes there = part(b, at, count);
  if (there.size() < count) return 0;
  std::uint64_t value = 0;
  for (unsigned i = count; i-- > 0;) value = value << 8 | there[i];
  return value;
}
inline std::uint64_t big(Bytes b, std::uint64_t at, unsigned count) {
  const Bytes there = part(b, at, count);
  if (there.size() < count) return 0;
  std::uint64_t value = 0;
  for (const std::uint8_t byte : there) value = value << 8 | byte;
  return value;
}

inline std::uint8_t u8(Bytes b, std::uint64_t at) {
  return static_cast<std::uint8_t>(little(b, at, 1));
}
inline std::uint16_t le16(Bytes b, std::uint64_t at) {
  return static_cast<std::uint16_t>(little(b, at, 2));
}
inline std::uint32_t le32(Bytes b, std::uint64_t at) {
  return static_cast<std::uint32_t>(little(b, at, 4));
}
inline std::uint16_t be16(Bytes b, std::uint64_t at) {
  return static_cast<std::uint16_t>(big(b, at, 2));
}
inline std::uint32_t be32(Bytes b, std::uint64_t at) {
  return static_cast<std::uint32_t>(big(b, at, 4));
}

}  // namespace stoq::plugins::carving
