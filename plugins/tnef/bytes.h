// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace stoq::plugins::tnef {

/// Reads little-endian numbers off the front. Past the end it gives zeros and has failed.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}

  std::uint8_t u8() { return static_cast<std::uint8_t>(number(1)); }
  std::uint16_t u16() { return static_cast<std::uint16_t>(number(2)); }
  std::uint32_t u32() { return static_cast<std::uint32_t>(number(4)); }
  /// As many as there are, at most `size`; fewer is a failure.
  std::string_view take(std::uint64_t size) {
    const auto there = static_cast<std::size_t>(std::min<std::uint64_t>(size, bytes_.size()));
    failed_ |= there < size;
    const std::string_view taken = bytes_.substr(0, there);
    bytes_.remove_prefix(there);
    return taken;
  }
  bool failed() const { return failed_; }
  std::size_t rest() const { return bytes_.size(); }

 private:
  std::uint64_t number(unsigned size) {
    const std::string_view taken = take(size);
    if (taken.size() < size) return 0;
    std::uint64_t value = 0;
    for (unsigned i = size; i-- > 0;) value = value << 8 | static_cast<std::uint8_t>(taken[i]);
    return value;
  }

  std::string_view bytes_;
  bool failed_ = false;
};

}  // namespace stoq::plugins::tnef
