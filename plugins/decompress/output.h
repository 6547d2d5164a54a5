// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "archives/member.h"

namespace stoq::plugins::decompress {

/// Gathers what a decoder of our own writes and hands it to the sink in pieces; sets size and
/// status of the member.
class Output {
 public:
  Output(archives::Sink& sink, archives::Member& member, std::uint64_t end, std::uint64_t maximum)
      : sink_(sink), member_(member), end_(end), maximum_(maximum) {}

  bool full() const { return member_.size + buffer_.size() >= end_; }
  /// False: the output wants no more.
  bool put(std::uint8_t byte) {
    buffer_.push_back(byte);
    return buffer_.size() < kPiece || flush();
  }
  bool flush() {
    if (maximum_ != 0 && member_.size + buffer_.size() > maximum_) {
      member_.status = archives::too_large(member_.size + buffer_.size(), maximum_);
      buffer_.resize(maximum_ - member_.size);
    }
    member_.size += buffer_.size();
    const auto flow =
        buffer_.empty() ? archives::Flow::go_on : sink_.data(std::exchange(buffer_, {}));
    if (flow != archives::Flow::go_on || sink_.cancelled()) member_.status = "stopped";
    return member_.status.empty();
  }

 private:
  static constexpr std::size_t kPiece = std::size_t{64} << 10;

  archives::Sink& sink_;
  archives::Member& member_;
  const std::uint64_t end_, maximum_;
  std::vector<std::uint8_t> buffer_;
};

}  // namespace stoq::plugins::decompress
