// SPDX-License-Identifier: Apache-2.0
#include "numbers.h"

#include <algorithm>
#include <array>

#include "carving/bytes.h"
#include "carving/pe.h"

namespace stoq::plugins::hexcarve {
namespace {

using namespace std::string_view_literals;
using carving::Bytes;
using carving::bytes_of;
using std::string_view;

constexpr std::size_t kMostBetween = 64, kHead = 64;
constexpr std::size_t kMostHeader = 64 << 10;  // where the headers of a PE must begin

constexpr auto kHexDigits = [] {
  std::array<std::int8_t, 256> digits;
  digits.fill(-1);
  for (unsigned c = '0'; c <= '9'; ++c) digits[c] = static_cast<std::int8_t>(c - '0');
  for (unsigned c = 'a'; c <= 'f'; ++c)
    digits[c] = digits[c - 32] = static_cast<std::int8_t>(c - 'a' + 10);
  return digits;
}();

int hex_digit(char c) {
  return kHexDigits[static_cast<unsigned char>(c)];
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Up to `most` bytes of it.
std::string read(string_view text, std::size_t at, Numbers::Base base, std::size_t most,
                 std::size_t& end) {
  Numbers numbers(text, at, base);
  std::string out;
  while (out.size() < most) {
    numbers.pairs(most - out.size(), out);
    const auto byte = out.size() < most ? numbers.next() : std::nullopt;
    if (!byte) break;
    out += static_cast<char>(*byte);
  }
  end = numbers.at();
  return out;
}

struct Magic {
  string_view bytes, kind;
};
constexpr Magic kMagics[] = {
    {"MZ"sv, "pe"sv},
    {"\x7F"
     "ELF"sv,
     "elf"sv},
    {"PK\3\4"sv, "zip"sv},
    {"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"sv, "ole"sv},
    {"%PDF-"sv, "pdf"sv},
    {"7z\xBC\xAF\x27\x1C"sv, "7z"sv},
    {"Rar!\x1A\x07"sv, "rar"sv},
    {"MSCF\0\0\0\0"sv, "cab"sv},
    {"\x1F\x8B\x08"sv, "gzip"sv},
};

// By the characters with which the first byte of a magic may be written: a bit for each magic, and
// for each way to write it.
struct Starts {
  std::array<std::uint32_t, 256> first{}, second{};
};
constexpr Starts kStarts = [] {
  static_assert(std::size(kMagics) <= 16);
  constexpr string_view kUpper = "0123456789ABCDEF", kLower = "0123456789abcdef";
  Starts starts;
  const auto add = [](std::array<std::uint32_t, 256>& to, char c, std::uint32_t bit) {
    to[static_cast<unsigned char>(c)] |= bit;
  };
  for (std::size_t i = 0; i < std::size(kMagics); ++i) {
    const unsigned byte = static_cast<unsigned char>(kMagics[i].bytes[0]);
    const std::uint32_t hex = 1u << i, decimal = hex << 16;
    for (const string_view digits : {kUpper, kLower}) {
      add(starts.first, digits[byte >> 4], hex);
      add(starts.second, digits[byte & 15], hex);
    }
    add(starts.first, kUpper[byte >= 100 ? byte / 100 : byte / 10], decimal);
    add(starts.second, kUpper[byte >= 100 ? byte / 10 % 10 : byte % 10], decimal);
  }
  return starts;
}();

// Which magics may begin at `at`, by the first two characters.
std::uint32_t may_begin(string_view text, std::size_t at) {
  return kStarts.first[static_cast<unsigned char>(text[at])] &
         kStarts.second[static_cast<unsigned char>(text[at + 1])];
}

bool is_elf(Bytes b) {
  return b.size() >= 52 && b[4] >= 1 && b[4] <= 2 && b[5] >= 1 && b[5] <= 2 && b[6] == 1;
}
bool is_zip(Bytes b) {  // a version, flags, a method, a length of a name
  return b.size() >= 30 && b[4] <= 63 && b[5] == 0 && b[9] == 0 && b[27] < 16;
}
bool is_gzip(Bytes b) {
  return b.size() >= 18 && b[3] < 0x20 && (b[8] == 0 || b[8] == 2 || b[8] == 4) &&
         (b[9] <= 13 || b[9] == 255);
}

// The kind of the file that begins at `at`; "" for none.
string_view kind_at(string_view text, std::size_t at, Numbers::Base base, std::size_t& budget) {
  if (base == Numbers::Base::decimal && at > 0 && is_digit(text[at - 1])) return "";
  std::size_t end = at;
  std::string head = read(text, at, base, 2, end);
  if (std::ranges::none_of(kMagics, [&](const Magic& m) { return m.bytes.starts_with(head); }))
    return "";
  head = read(text, at, base, 8, end);
  const auto magic = std::ranges::find_if(
      kMagics, [&](const Magic& m) { return string_view(head).starts_with(m.bytes); });
  if (magic == std::end(kMagics)) return "";
  head = read(text, at, base, kHead, end);
  if (magic->kind == "pe") {
    const std::uint32_t header = carving::le32(bytes_of(head), 0x3C);
    if (header < 4 || header > kMostHeader) return "";
    head = read(text, at, base, header + 24 + 0x100 + std::size_t{96} * 40, end);
  }
  budget -= std::min(budget, head.size());
  const Bytes b = bytes_of(head);
  const bool is_one = magic->kind == "pe"     ? carving::read_pe(b).has_value()
                      : magic->kind == "elf"  ? is_elf(b)
                      : magic->kind == "zip"  ? is_zip(b)
                      : magic->kind == "gzip" ? is_gzip(b)
                                              : b.size() == kHead;
  return is_one ? magic->kind : "";
}

}  // namespace

std::size_t Numbers::skip_between() const {
  constexpr string_view kBetween = " \t\r\n,;:\"'+&_-()[]{}.";
  std::size_t at = at_;
  while (at < text_.size() && at - at_ < kMostBetween &&
         kBetween.find(text_[at]) != string_view::npos)
    ++at;
  return at;
}

void Numbers::pairs(std::size_t most, std::string& out) {
  if (base_ != Base::hex) return;
  while (most > 0) {
    std::array<char, 256> bytes;
    std::size_t count = 0;
    for (; count < std::min(bytes.size(), most) && text_.size() - at_ >= 2; ++count, at_ += 2) {
      const int high = hex_digit(text_[at_]), low = hex_digit(text_[at_ + 1]);
      if ((high | low) < 0) break;
      bytes[count] = static_cast<char>(high << 4 | low);
    }
    out.append(bytes.data(), count);
    most -= count;
    if (count < bytes.size()) return;
  }
}

std::optional<unsigned char> Numbers::next() {
  std::size_t at = skip_between();
  const string_view rest = text_.substr(at, 4);
  if (base_ == Base::decimal) {
    unsigned value = 0;
    std::size_t digits = 0;
    for (; digits < rest.size() && is_digit(rest[digits]); ++digits)
      value = value * 10 + static_cast<unsigned>(rest[digits] - '0');
    if (digits == 0 || digits > 3 || value > 255 ||
        (at == at_ && at > 0 && is_digit(text_[at - 1])))
      return std::nullopt;
    at_ = at + digits;
    return static_cast<unsigned char>(value);
  }
  // What may stand before two digits; '&' was passed above.
  if (rest.size() >= 2 && rest[0] == '0' && (rest[1] | 0x20) == 'x') {
    at += 2;
  } else if (rest.size() >= 2 && rest[0] == '\\' && (rest[1] | 0x20) == 'x') {
    at += 2;
  } else if (!rest.empty() && ((rest[0] | 0x20) == 'h' || rest[0] == '%' || rest[0] == '$')) {
    at += 1;
  }
  if (at + 2 > text_.size()) return std::nullopt;
  const int high = hex_digit(text_[at]), low = hex_digit(text_[at + 1]);
  if (high < 0 || low < 0) return std::nullopt;
  at_ = at + 2;
  return static_cast<unsigned char>(high << 4 | low);
}

std::optional<Written> next_file(string_view text, std::size_t from, std::size_t& budget) {
  for (std::size_t at = from; at + 4 < text.size() && budget > 0; ++at) {
    const std::uint32_t begin = may_begin(text, at);
    if (begin == 0) continue;
    for (const auto base : {Numbers::Base::hex, Numbers::Base::decimal}) {
      if ((begin & (base == Numbers::Base::hex ? 0xFFFFu : 0xFFFF0000u)) == 0) continue;
      const string_view kind = kind_at(text, at, base, budget);
      if (kind.empty()) continue;
      Written found{at, 0, kind, {}};
      found.content = read(text, at, base, text.size(), found.end);
      return found;
    }
  }
  return std::nullopt;
}

}  // namespace stoq::plugins::hexcarve
