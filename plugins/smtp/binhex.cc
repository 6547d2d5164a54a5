// SPDX-License-Identifier: Apache-2.0
#include "binhex.h"

#include <algorithm>
#include <array>
#include <cstdint>

namespace stoq::plugins::smtp {
namespace {

constexpr std::uint8_t kNoDigit = 255, kRun = 0x90;
constexpr std::string_view kBinHexAlphabet =
    "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";
static_assert(kBinHexAlphabet.size() == 64);

constexpr std::array<std::uint8_t, 256> kDigits = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::size_t i = 0; i < kBinHexAlphabet.size(); ++i)
    values[static_cast<std::uint8_t>(kBinHexAlphabet[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

/// The bytes behind the characters, runs expanded, one at a time.
class Bytes {
 public:
  explicit Bytes(std::string_view text) : text_(text) {}

  /// -1: there are no more.
  int next() {
    if (again_ > 0) return --again_, last_;
    const int byte = raw();
    if (byte != kRun) return last_ = byte;
    const int count = raw();
    if (count < 0) return -1;
    if (count == 0) return last_ = kRun;
    again_ = count - 1;  // the byte itself was given before
    return next_of_run();
  }

 private:
  int next_of_run() { return again_ > 0 ? --again_, last_ : next(); }
  int raw() {
    while (bits_ < 8) {
      if (text_.empty()) return -1;
      const auto c = static_cast<std::uint8_t>(text_.front());
      if (c == ':') return -1;
      text_.remove_prefix(1);
      if (kDigits[c] == kNoDigit) continue;
      group_ = (group_ << 6 | kDigits[c]) & 0xFFFF;
      bits_ += 6;
    }
    bits_ -= 8;
    return static_cast<int>(group_ >> bits_ & 0xFF);
  }

  std::string_view text_;
  std::uint32_t group_ = 0;
  unsigned bits_ = 0;
  int last_ = -1, again_ = 0;
};

std::uint16_t checksum(std::uint16_t crc, std::uint8_t byte) {
  for (int bit = 7; bit >= 0; --bit) {
    const bool carry = crc & 0x8000;
    crc = static_cast<std::uint16_t>(crc << 1 | (byte >> bit & 1));
    if (carry) crc ^= 0x1021;
  }
  return crc;
}

/// Takes `size` bytes and the checksum behind them; false: it ends early, or does not fit.
bool take(Bytes& bytes, std::uint64_t size, std::size_t most, std::string& out) {
  std::uint16_t crc = 0;
  for (std::uint64_t i = 0; i < size; ++i) {
    const int byte = out.size() < most ? bytes.next() : -1;
    if (byte < 0) return false;
    out.push_back(static_cast<char>(byte));
    crc = checksum(crc, static_cast<std::uint8_t>(byte));
  }
  crc = checksum(checksum(crc, 0), 0);
  const int high = bytes.next(), low = bytes.next();
  return high >= 0 && low >= 0 && crc == (high << 8 | low);
}

std::uint64_t number(std::string_view head, std::size_t at) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | static_cast<std::uint8_t>(head[at + i]);
  return value;
}

}  // namespace

std::optional<BinHex> from_binhex(std::string_view text, std::size_t most) {
  constexpr std::size_t kMostName = 63, kBehindName = 19;  // version, type, creator, flags, sizes
  Bytes bytes(text);
  const int length = bytes.next();
  if (length < 1 || length > static_cast<int>(kMostName)) return std::nullopt;
  std::string head;
  const bool fits = take(bytes, static_cast<std::uint64_t>(length) + kBehindName, 256, head);
  // The checksum covers the length too; that of the head is not worth more than what follows.
  if (!fits && head.size() < static_cast<std::size_t>(length) + kBehindName) return std::nullopt;
  const auto name_size = static_cast<std::size_t>(length);
  if (head[name_size] != 0) return std::nullopt;
  BinHex file;
  file.name = head.substr(0, name_size);
  const std::uint64_t data = number(head, name_size + 11), resource = number(head, name_size + 15);
  file.complete = take(bytes, data, most, file.data) &&
                  take(bytes, resource, most - std::min(most, file.data.size()), file.resource);
  return file;
}

}  // namespace stoq::plugins::smtp
