// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "reader.h"
#include "unpack.h"

namespace stoq::plugins::decompress {

/// Brings members to the sink: its answers, the size limit, holes. One per unpack().
class Delivery {
 public:
  enum class Pulled : std::uint8_t { whole, damaged, refused };  // refused: the consumer had enough

  Delivery(Sink& sink, std::uint64_t maximum_size) : sink_(sink), maximum_size_(maximum_size) {}

  bool stopped() const { return stopped_; }
  bool cancelled() { return stopped_ = stopped_ || sink_.cancelled(); }
  bool is_over(std::uint64_t size) const { return maximum_size_ != 0 && size > maximum_size_; }
  std::string too_large(std::uint64_t size) const;

  /// Hands the content of the current member to `consume` in pieces, holes as zeros, until it
  /// answers false.
  template <class Consume>
  Pulled pull(Reader& reader, Consume&& consume);

  /// Sets size and status. `verified` was read from the member before, and is all of it if so
  /// stated; the rest comes from the reader. The sink hears of the member only once there is
  /// something of it to give.
  void deliver(Reader& reader, Member& member, std::span<const std::uint8_t> verified = {},
               bool all_verified = false);
  void deliver_empty(Member& member);

 private:
  static constexpr std::array<std::uint8_t, std::size_t{64} << 10> kZeros{};

  Sink& sink_;
  std::uint64_t maximum_size_;
  bool stopped_ = false;
};

template <class Consume>
Delivery::Pulled Delivery::pull(Reader& reader, Consume&& consume) {
  for (Reader::Block block;;) {
    if (cancelled()) return Pulled::refused;
    switch (reader.read(block)) {
      case Reader::Read::end:
        return Pulled::whole;
      case Reader::Read::damaged:
        return Pulled::damaged;
      case Reader::Read::data:
        break;
    }
    while (block.gap > 0) {
      const auto piece = std::min<std::uint64_t>(block.gap, kZeros.size());
      if (cancelled() || !consume(std::span<const std::uint8_t>(kZeros).first(piece)))
        return Pulled::refused;
      block.gap -= piece;
    }
    if (!block.bytes.empty() && !consume(block.bytes)) return Pulled::refused;
  }
}

}  // namespace stoq::plugins::decompress
