// SPDX-License-Identifier: Apache-2.0
#include "carving/binhex.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "carving/bytes.h"

namespace stoq::plugins::carving {
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

std::uint16_t checksum(std::string_view content) {
  std::uint32_t crc = 0;
  for (const char c : content) {
    crc ^= static_cast<std::uint32_t>(static_cast<std::uint8_t>(c)) << 8;
    for (int i = 0; i < 8; ++i) crc = crc << 1 ^ (crc & 0x8000 ? 0x1021 : 0);
    crc &= 0xFFFF;
  }
  return static_cast<std::uint16_t>(crc);
}

// The bytes behind the characters, runs expanded.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  // The next bytes: fewer where there are no more.
  std::string take(std::size_t size) {
    std::string out;
    for (int byte; out.size() < size && (byte = next()) >= 0;) out += static_cast<char>(byte);
    return out;
  }

  // Takes the checksum behind `content`.
  bool fits(std::string_view content) {
    const std::string sum = take(2);
    return sum.size() == 2 && be16(bytes_of(sum), 0) == checksum(content);
  }

  // Takes what stands before the ':', digits and white space. False: that is not all.
  bool end() {
    constexpr std::string_view kSpace = " \t\r\n";
    while (at_ < text_.size() &&
           (digit(text_[at_]) != kNoDigit || kSpace.find(text_[at_]) != kSpace.npos))
      ++at_;
    if (at_ == text_.size() || text_[at_] != ':') return false;
    ++at_;
    return true;
  }

  std::size_t at() const { return at_; }

 private:
  static std::uint8_t digit(char c) { return kDigits[static_cast<std::uint8_t>(c)]; }

  int next() {
    for (;;) {
      if (again_ > 0) return --again_, last_;
      const int byte = raw();
      if (byte != kRun) return last_ = byte;
      const int count = raw();
      if (count < 0) return -1;
      if (count == 0) return last_ = kRun;
      again_ = count - 1;  // the byte itself was given before
    }
  }

  int raw() {
    for (; bits_ < 8; ++at_) {
      if (at_ == text_.size() || text_[at_] == ':') return -1;
      if (digit(text_[at_]) == kNoDigit) continue;
      group_ = (group_ << 6 | digit(text_[at_])) & 0xFFFF;
      bits_ += 6;
    }
    bits_ -= 8;
    return static_cast<int>(group_ >> bits_ & 0xFF);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint32_t group_ = 0;
  unsigned bits_ = 0;
  int last_ = -1, again_ = 0;
};

}  // namespace

std::optional<BinHex> from_binhex(std::string_view text, std::size_t most) {
  constexpr std::size_t kMostName = 63, kBehindName = 19;  // version, type, creator, flags, sizes
  Reader reader(text);
  std::string head = reader.take(1);
  const std::size_t name = u8(bytes_of(head), 0);
  if (name < 1 || name > kMostName) return std::nullopt;
  head += reader.take(name + kBehindName);
  const Bytes b = bytes_of(head);
  if (b.size() < 1 + name + kBehindName || b[1 + name] != 0) return std::nullopt;

  BinHex file;
  file.name = head.substr(1, name);
  const auto note = [&](const std::string& problem) {
    if (file.problem.empty()) file.problem = problem;
  };
  const auto take = [&](const std::string& what, std::uint32_t size, std::string& fork) {
    const std::size_t room = most - file.data.size();
    fork = reader.take(std::min<std::size_t>(size, room));
    if (fork.size() < size)
      note("its " + what + (fork.size() == room ? " is too large" : " is cut short"));
    else if (!reader.fits(fork))
      note("the checksum of its " + what + " does not fit");
    return fork.size() == size;
  };
  if (!reader.fits(head)) note("the checksum of its head does not fit");
  if (take("data", be32(b, name + 12), file.data))
    take("resources", be32(b, name + 16), file.resource);
  if (!reader.end()) note("its end is missing");
  file.size = reader.at();
  return file;
}

}  // namespace stoq::plugins::carving
