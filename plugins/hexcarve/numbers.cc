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

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c = static_cast<char>(c | 0x20);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
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
    const auto byte = numbers.next();
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
constexpr auto kFirst = [] {
  std::array<bool, 256> first{};
  for (const Magic& magic : kMagics) first[static_cast<unsigned char>(magic.bytes[0])] = true;
  return first;
}();

// Whether a file may begin at `at`, by its first byte.
bool may_begin(string_view text, std::size_t at, Numbers::Base base) {
  int value = 0;
  if (base == Numbers::Base::hex) {
    const int high = hex_digit(text[at]), low = hex_digit(text[at + 1]);
    value = high < 0 || low < 0 ? 0 : high << 4 | low;
  } else if (is_digit(text[at]) && text[at] != '0' && (at == 0 || !is_digit(text[at - 1]))) {
    for (std::size_t i = at; i < text.size() && i < at + 4 && is_digit(text[i]); ++i)
      value = value * 10 + text[i] - '0';
  }
  return value > 0 && value < 256 && kFirst[static_cast<std::size_t>(value)];
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
  std::size_t end = at;
  std::string head = read(text, at, base, 8, end);
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
  for (std::size_t at = from; at + 4 < text.size() && budget > 0; ++at)
    for (const auto base : {Numbers::Base::hex, Numbers::Base::decimal}) {
      if (!may_begin(text, at, base)) continue;
      const string_view kind = kind_at(text, at, base, budget);
      if (kind.empty()) continue;
      Written found{at, 0, kind, {}};
      found.content = read(text, at, base, text.size(), found.end);
      return found;
    }
  return std::nullopt;
}

}  // namespace stoq::plugins::hexcarve
