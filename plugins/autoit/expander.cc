// SPDX-License-Identifier: Apache-2.0
#include "expander.h"

#include <algorithm>

#include "carving/give.h"

namespace stoq::plugins::autoit {
namespace {

constexpr std::size_t kWindow = std::size_t{1} << 15;

}  // namespace

Expander::Expander(Version version, carving::Bytes body)
    : body_(body),
      known_(body.size() >= 8 && carving::has(body, 0, version == Version::ea05 ? "EA05" : "EA06")),
      match_bit_(version == Version::ea05),
      size_(known_ ? carving::be32(body, 4) : 0),
      left_(size_) {}

carving::Bytes Expander::next() {
  if (out_.size() > kWindow) out_.erase(out_.begin(), out_.end() - kWindow);
  const std::size_t begin = out_.size();
  while (left_ > 0 && !damaged_ && out_.size() - begin < carving::kPiece) {
    if (run_ == 0) {
      step();
    } else {
      out_.push_back(out_[out_.size() - back_]);
      --run_;
      --left_;
    }
  }
  return carving::Bytes(out_).subspan(begin);
}

void Expander::step() {
  if (bits(1) != match_bit_) {
    const auto byte = static_cast<std::uint8_t>(bits(8));
    if (damaged_) return;
    out_.push_back(byte);
    --left_;
    return;
  }
  back_ = bits(15);
  const std::uint64_t run = length();
  damaged_ = damaged_ || back_ == 0 || back_ > out_.size();
  if (damaged_) return;
  run_ = std::min<std::uint64_t>(run, left_);
}

// In fields that grow; one full of ones says that the next goes on.
std::uint64_t Expander::length() {
  std::uint64_t run = 3;
  for (const unsigned width : {2u, 3u, 5u, 8u}) {
    const std::uint32_t most = (1u << width) - 1, value = bits(width);
    run += value;
    if (value < most) return run;
  }
  std::uint32_t value = 255;
  while (value == 255 && !damaged_) run += value = bits(8);
  return run;
}

// The highest bit of a byte first.
std::uint32_t Expander::bits(unsigned count) {
  for (; held_ < count; held_ += 8) {
    if (at_ >= body_.size()) {
      damaged_ = true;
      return 0;
    }
    pool_ = pool_ << 8 | body_[at_++];
  }
  held_ -= count;
  return pool_ >> held_ & ((1u << count) - 1);
}

}  // namespace stoq::plugins::autoit
