// SPDX-License-Identifier: Apache-2.0
#include "kwaj.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <vector>

namespace stoq::plugins::decompress {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kWindow = 4096, kBlock = 32768;

/// Bits from the most significant one down; behind the end they are 0 and `ended` is true.
class BitReader {
 public:
  explicit BitReader(Bytes bytes) : bytes_(bytes) {}

  unsigned bits(unsigned count) {
    unsigned value = 0;
    while (count-- > 0) value = value << 1 | bit();
    return value;
  }
  unsigned bit() {
    if (at_ / 8 >= bytes_.size()) {
      ended_ = true;
      return 0;
    }
    const unsigned value = bytes_[at_ / 8] >> (7 - at_ % 8) & 1u;
    ++at_;
    return value;
  }
  bool ended() const { return ended_; }

 private:
  Bytes bytes_;
  std::size_t at_ = 0;
  bool ended_ = false;
};

/// A canonical Huffman code of lengths up to 15.
class Code {
 public:
  /// `kind`: how the lengths are written. A code that uses more than there is makes no sense.
  Code(BitReader& in, unsigned kind, unsigned symbols) {
    std::vector<unsigned> lengths(symbols, 0);
    unsigned length = kind == 0 ? width_of(symbols) : in.bits(4);
    for (unsigned i = 0; i < symbols; ++i) {
      if (i > 0) length = next_length(in, kind, length);
      lengths[i] = length & 15;
    }
    for (const unsigned one : lengths) ++counts_[one];
    counts_[0] = 0;
    int left = 1;
    for (unsigned bits = 1; bits < counts_.size(); ++bits) {
      left = left * 2 - static_cast<int>(counts_[bits]);
      good_ = good_ && left >= 0;
    }
    std::array<unsigned, 17> next{};
    for (unsigned bits = 1; bits < 16; ++bits) next[bits + 1] = next[bits] + counts_[bits];
    ordered_.resize(symbols);
    for (unsigned i = 0; i < symbols; ++i)
      if (lengths[i] != 0) ordered_[next[lengths[i]]++] = i;
  }

  bool good() const { return good_; }
  /// -1: no symbol has this code.
  int read(BitReader& in) const {
    unsigned code = 0, first = 0, index = 0;
    for (unsigned bits = 1; bits < counts_.size(); ++bits) {
      code = code << 1 | in.bit();
      if (code - first < counts_[bits]) return static_cast<int>(ordered_[index + code - first]);
      index += counts_[bits];
      first = (first + counts_[bits]) << 1;
    }
    return -1;
  }

 private:
  static unsigned width_of(unsigned symbols) {
    unsigned width = 0;
    while (1u << width < symbols) ++width;
    return width;
  }
  static unsigned next_length(BitReader& in, unsigned kind, unsigned length) {
    switch (kind) {
      case 1:  // the same, one more, or told
        if (in.bit() == 0) return length;
        return in.bit() == 0 ? length + 1 : in.bits(4);
      case 2: {  // one less, the same, one more, or told
        const unsigned step = in.bits(2);
        return step == 3 ? in.bits(4) : length + step - 1;
      }
      case 3:
        return in.bits(4);
      default:
        return length;
    }
  }

  std::array<unsigned, 16> counts_{};  // of codes of each length
  std::vector<unsigned> ordered_;      // symbols by code
  bool good_ = true;
};

}  // namespace

bool expand_lzh(Bytes bytes, Output& out) {
  BitReader in(bytes);
  std::array<unsigned, 6> kinds{};
  for (unsigned& kind : kinds) kind = in.bits(4);
  const Code after_match(in, kinds[0], 16), after_literals(in, kinds[1], 16);
  const Code run_length(in, kinds[2], 32), offset(in, kinds[3], 64), literal(in, kinds[4], 256);
  for (const Code* code : {&after_match, &after_literals, &run_length, &offset, &literal})
    if (!code->good()) return true;

  std::array<std::uint8_t, kWindow> window;
  window.fill(' ');
  std::size_t at = 0;
  const auto give = [&](std::uint8_t byte) {
    window[at++ % kWindow] = byte;
    return out.put(byte);
  };
  for (bool run_was_short = false; !out.full();) {
    const int length = (run_was_short ? after_literals : after_match).read(in);
    if (length < 0 || in.ended()) return true;
    if (length > 0) {
      run_was_short = false;
      const int high = offset.read(in);
      const std::size_t distance = static_cast<std::size_t>(std::max(high, 0)) << 6 | in.bits(6);
      if (high < 0 || in.ended()) return true;
      for (int i = 0; i < length + 2 && !out.full(); ++i)
        if (!give(window[(at - distance) % kWindow])) return false;
      continue;
    }
    const int run = run_length.read(in);
    run_was_short = run != 31;
    for (int i = 0; i <= run && !out.full(); ++i) {
      const int byte = literal.read(in);
      if (byte < 0 || in.ended()) return true;
      if (!give(static_cast<std::uint8_t>(byte))) return false;
    }
    if (run < 0) return true;
  }
  return true;
}

bool expand_mszip(Bytes in, Output& out) {
  std::vector<std::uint8_t> block(kBlock), before;
  z_stream stream{};
  if (inflateInit2(&stream, -MAX_WBITS) != Z_OK) return true;
  bool wanted = true;
  for (std::size_t at = 0; wanted && !out.full() && in.size() > at + 4;) {
    const std::size_t size = in[at] | static_cast<std::size_t>(in[at + 1]) << 8;
    const Bytes packed = in.subspan(at + 2, std::min(size, in.size() - at - 2));
    if (packed.size() < 2 || packed[0] != 'C' || packed[1] != 'K') break;
    inflateReset(&stream);
    if (!before.empty())
      inflateSetDictionary(&stream, before.data(), static_cast<uInt>(before.size()));
    stream.next_in = const_cast<Bytef*>(packed.data() + 2);
    stream.avail_in = static_cast<uInt>(packed.size() - 2);
    stream.next_out = block.data();
    stream.avail_out = static_cast<uInt>(block.size());
    const int code = inflate(&stream, Z_FINISH);
    const std::size_t made = block.size() - stream.avail_out;
    for (std::size_t i = 0; wanted && i < made && !out.full(); ++i) wanted = out.put(block[i]);
    if (code != Z_STREAM_END) break;
    before.assign(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(made));
    at += 2 + size;
  }
  inflateEnd(&stream);
  return wanted;
}

}  // namespace stoq::plugins::decompress
