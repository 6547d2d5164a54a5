// SPDX-License-Identifier: Apache-2.0
#include "boundaries.h"

namespace stoq::plugins::hash_ssdeep {
namespace {

constexpr std::uint32_t kWindow = 7;

// The rolling hash: what it gives depends on the last seven bytes only.
class Window {
 public:
  std::uint32_t add(std::uint8_t in, std::uint8_t out) {
    weighted_ += kWindow * in - sum_;
    sum_ += in;
    sum_ -= out;
    shifted_ = shifted_ << 5 ^ in;
    return value();
  }
  std::uint32_t value() const { return sum_ + weighted_ + shifted_; }

 private:
  std::uint32_t sum_ = 0, weighted_ = 0, shifted_ = 0;
};

// Notes the boundaries that lie where the rolling hash, plus one, is a multiple of the block size.
class Finder {
 public:
  explicit Finder(std::size_t size) {
    while (found_.guess + 1 < kLevels && block_size(found_.guess) * kMaxPieces < size)
      ++found_.guess;
  }

  bool may_be(std::uint32_t next) const { return (next & mask_) == 0; }

  void note(std::uint32_t next, std::size_t end) {
    if (next == 0 || next % kMinBlock != 0) return;  // 0 stands for 2^32, no multiple of 3
    std::uint32_t times = next / kMinBlock >> from_;
    for (std::size_t level = from_; level < kLevels; ++level, times >>= 1) {
      found_.levels[level].add(end);
      if (times & 1) break;
    }
    while (from_ < found_.guess && found_.levels[from_ + 1].count >= kMaxPieces / 2) {
      ++from_;
      mask_ = mask_ << 1 | 1;
    }
  }

  Boundaries finish(const Window& window) {
    found_.blank_end = window.value() == 0;
    return found_;
  }

 private:
  Boundaries found_;
  std::size_t from_ = 0;  // the smallest level that can still be the answer
  std::uint32_t mask_ = 0;
};

}  // namespace

Boundaries find_boundaries(std::span<const std::uint8_t> bytes) {
  Finder finder(bytes.size());
  Window window;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::uint8_t out = i < kWindow ? std::uint8_t{0} : bytes[i - kWindow];
    const std::uint32_t next = window.add(bytes[i], out) + 1;
    if (finder.may_be(next)) finder.note(next, i + 1);
  }
  return finder.finish(window);
}

}  // namespace stoq::plugins::hash_ssdeep
