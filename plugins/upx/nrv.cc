// SPDX-License-Identifier: Apache-2.0
#include "nrv.h"

#include <lzma.h>

#include <algorithm>

namespace stoq::plugins::upx {
namespace {

using carving::Bytes;

// Bits, the highest first, out of little-endian words that stand between the bytes.
class Source {
 public:
  Source(Bytes packed, unsigned word) : packed_(packed), word_(word) {}

  unsigned bit() {
    if (left_ == 0) {
      if (packed_.size() - at_ < word_) ended_ = true;
      value_ = static_cast<std::uint32_t>(carving::little(packed_, at_, word_));
      at_ = std::min(packed_.size(), at_ + word_);
      left_ = word_ * 8;
    }
    return value_ >> --left_ & 1;
  }
  unsigned byte() {
    if (at_ >= packed_.size()) {
      ended_ = true;
      return 0;
    }
    return packed_[at_++];
  }
  bool ended() const { return ended_; }  // more was asked for than there is

 private:
  Bytes packed_;
  unsigned word_;
  std::size_t at_ = 0;
  std::uint32_t value_ = 0;
  unsigned left_ = 0;
  bool ended_ = false;
};

enum class Family { b, d, e };
constexpr std::uint32_t kEnd = 0xFFFFFFFF, kTooLong = 1U << 30;

class Expander {
 public:
  Expander(Family family, Source source, std::size_t size, std::string& out)
      : family_(family), in_(source), begin_(out.size()), end_(out.size() + size), out_(out) {}

  bool run() {
    while (!in_.ended()) {
      if (in_.bit()) {
        const unsigned byte = in_.byte();
        if (in_.ended() || out_.size() == end_) return false;
        out_ += static_cast<char>(byte);
        continue;
      }
      std::uint32_t length = 0;
      const std::uint32_t raw = distance();
      if (raw == 2) {
        if (family_ != Family::b) length = in_.bit();
      } else {
        const std::uint32_t far = (raw - 3) * 256 + in_.byte();
        if (far == kEnd) return out_.size() == end_;
        last_ = family_ == Family::b ? far + 1 : (far >> 1) + 1;
        if (family_ != Family::b) length = ~far & 1;
      }
      if (!copy(length_of(length))) return false;
    }
    return false;
  }

 private:
  // A number with a bit after each of its bits that says whether it goes on.
  std::uint32_t prefix_code(std::uint32_t value) {
    do value = value * 2 + in_.bit();
    while (!in_.bit() && value < kTooLong && !in_.ended());
    return value;
  }
  std::uint32_t distance() {
    if (family_ == Family::b) return prefix_code(1);
    std::uint32_t value = 1;
    while (!in_.ended()) {
      value = value * 2 + in_.bit();
      if (in_.bit() || value >= kTooLong) break;
      value = (value - 1) * 2 + in_.bit();
    }
    return value;
  }
  std::uint32_t length_of(std::uint32_t begun) {
    if (family_ == Family::e) {
      if (begun) return 1 + in_.bit();
      if (in_.bit()) return 3 + in_.bit();
      return prefix_code(1) + 3;
    }
    if (family_ == Family::b) begun = in_.bit();
    begun = begun * 2 + in_.bit();
    return begun ? begun : prefix_code(1) + 2;
  }
  bool copy(std::uint32_t length) {
    length += 1 + (last_ > (family_ == Family::b ? 0xD00 : 0x500));
    if (in_.ended() || last_ > out_.size() - begin_ || length > end_ - out_.size()) return false;
    for (std::size_t from = out_.size() - last_; length-- > 0; ++from) out_ += out_[from];
    return true;
  }

  Family family_;
  Source in_;
  std::size_t begin_, end_;
  std::string& out_;
  std::uint32_t last_ = 1;
};

// Two bytes of properties, then the raw stream.
bool expand_lzma(Bytes packed, std::size_t size, std::string& out) {
  lzma_options_lzma options{};
  if (lzma_lzma_preset(&options, LZMA_PRESET_DEFAULT)) return false;
  options.pb = carving::u8(packed, 0) & 7;
  options.lp = carving::u8(packed, 1) >> 4;
  options.lc = carving::u8(packed, 1) & 15;
  options.dict_size =
      static_cast<std::uint32_t>(std::clamp<std::size_t>(size, LZMA_DICT_SIZE_MIN, 256 << 20));
  const lzma_filter filters[] = {{LZMA_FILTER_LZMA1, &options}, {LZMA_VLI_UNKNOWN, nullptr}};
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_raw_decoder(&stream, filters) != LZMA_OK) return false;
  packed = carving::part(packed, 2);
  stream.next_in = packed.data(), stream.avail_in = packed.size();
  std::size_t left = size;
  lzma_ret result = LZMA_OK;
  std::uint8_t piece[1 << 14];
  while (left > 0 && result == LZMA_OK) {
    const std::size_t room = std::min(sizeof piece, left);
    stream.next_out = piece, stream.avail_out = room;
    result = lzma_code(&stream, LZMA_RUN);
    const std::size_t got = room - stream.avail_out;
    out.append(reinterpret_cast<const char*>(piece), got);
    left -= got;
    if (got == 0) break;
  }
  lzma_end(&stream);
  return left == 0;
}

}  // namespace

bool known(std::uint8_t method) {
  return (method >= 2 && method <= 10) || method == static_cast<std::uint8_t>(Method::lzma);
}

bool expand(Method method, Bytes packed, std::size_t size, std::string& out) {
  if (method == Method::lzma) return expand_lzma(packed, size, out);
  const unsigned number = static_cast<unsigned>(method) - 2;
  if (number > 8) return false;
  constexpr unsigned kWords[] = {4, 1, 2};
  constexpr Family kFamilies[] = {Family::b, Family::d, Family::e};
  return Expander(kFamilies[number / 3], {packed, kWords[number % 3]}, size, out).run();
}

}  // namespace stoq::plugins::upx
