// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "stoq/sdk/json.h"

namespace stoq::plugins::office {

using Bytes = std::span<const std::uint8_t>;

inline std::string_view view_of(Bytes bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

/// The part of `bytes` that is there: never more, never outside.
inline Bytes part_of(Bytes bytes, std::uint64_t at, std::uint64_t size = ~0ull) {
  if (at >= bytes.size()) return {};
  const Bytes rest = bytes.subspan(static_cast<std::size_t>(at));
  return rest.first(static_cast<std::size_t>(std::min<std::uint64_t>(size, rest.size())));
}

/// A little-endian number at `at`; bytes behind the end count as zero.
template <class Number>
Number number_at(Bytes bytes, std::uint64_t at) {
  Number value = 0;
  const Bytes there = part_of(bytes, at, sizeof(Number));
  for (std::size_t i = there.size(); i-- > 0;)
    value = static_cast<Number>(static_cast<Number>(value << 7 << 1) | there[i]);
  return value;
}

/// Reads on from one place. A read past the end gives zeros or less, and ok() is false from then on.
class Cursor {
 public:
  explicit Cursor(Bytes bytes) : bytes_(bytes) {}

  std::uint8_t u8() { return number<std::uint8_t>(); }
  std::uint16_t u16() { return number<std::uint16_t>(); }
  std::uint32_t u32() { return number<std::uint32_t>(); }
  std::uint64_t u64() { return number<std::uint64_t>(); }
  Bytes take(std::uint64_t size) {
    const Bytes taken = part_of(bytes_, at_, size);
    ok_ = ok_ && taken.size() == size;
    at_ += taken.size();
    return taken;
  }
  /// Up to a NUL, which is passed over; without one it is a read past the end.
  std::string_view text() {
    const std::string_view rest = view_of(part_of(bytes_, at_));
    const std::size_t end = rest.find('\0');
    if (end == rest.npos) {
      ok_ = false;
      return {};
    }
    at_ += end + 1;
    return rest.substr(0, end);
  }
  void skip(std::uint64_t size) { take(size); }

  bool ok() const { return ok_; }
  std::size_t at() const { return at_; }
  std::size_t left() const { return bytes_.size() - at_; }

 private:
  template <class Number>
  Number number() {
    const Bytes there = take(sizeof(Number));
    return there.size() == sizeof(Number) ? number_at<Number>(there, 0) : Number{0};
  }

  Bytes bytes_;
  std::size_t at_ = 0;
  bool ok_ = true;
};

/// UTF-16, the lower byte first, as UTF-8; up to a NUL where there is one.
inline std::string utf16_text(Bytes raw) {
  std::size_t size = 0;
  while (size + 1 < raw.size() && (raw[size] != 0 || raw[size + 1] != 0)) size += 2;
  return sdk::text_from_utf16(raw.first(size));
}

/// The first `most` bytes of a text, whole characters.
inline std::string utf8_start(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string(text);
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0) == 0x80) --most;
  return std::string(text.substr(0, most));
}

/// Without control characters, for eyes.
inline std::string printable(std::string_view name) {
  std::string out;
  for (const char c : name)
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) out += c;
  return out;
}

inline std::string_view base_name(std::string_view path) {
  return path.substr(path.find_last_of("/\\") + 1);
}

}  // namespace stoq::plugins::office
