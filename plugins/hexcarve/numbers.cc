// SPDX-License-Identifier: Apache-2.0
#include "numbers.h"

#include <algorithm>

#include "carving/bytes.h"
#include "carving/pe.h"

namespace stoq::plugins::hexcarve {
namespace {

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

bool is_elf(string_view head) {
  const auto b = bytes_of(head);
  return head.size() >= 52 && b[4] >= 1 && b[4] <= 2 && b[5] >= 1 && b[5] <= 2 && b[6] == 1;
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

std::optional<Written> next_executable(string_view text, std::size_t from, std::size_t& budget) {
  for (std::size_t at = from; at + 4 < text.size() && budget > 0; ++at) {
    // "4D", "77" or "7F", as the first byte of a magic.
    const char first = text[at], second = static_cast<char>(text[at + 1] | 0x20);
    const bool mz = first == '4' && second == 'd', elf = first == '7' && second == 'f';
    const bool decimal =
        first == '7' && text[at + 1] == '7' && (at == 0 || !is_digit(text[at - 1]));
    const bool elf_decimal = first == '1' && text[at + 1] == '2' && text[at + 2] == '7' &&
                             (at == 0 || !is_digit(text[at - 1]));
    if (!mz && !elf && !decimal && !elf_decimal) continue;
    const auto base = decimal || elf_decimal ? Numbers::Base::decimal : Numbers::Base::hex;
    std::size_t end = at;
    std::string head = read(text, at, base, 4, end);
    const bool is_pe = head.starts_with("MZ"), may_be_elf = head ==
                                                            "\x7F"
                                                            "ELF";
    if (!is_pe && !may_be_elf) continue;
    head = read(text, at, base, kHead, end);
    std::size_t need = 52;
    if (is_pe) {
      const std::uint32_t header = carving::le32(bytes_of(head), 0x3C);
      if (header < 4 || header > kMostHeader) continue;
      need = header + 24 + 0x100 + 96 * 40;
      head = read(text, at, base, need, end);
    }
    budget -= std::min(budget, head.size());
    if (is_pe ? !carving::read_pe(bytes_of(head)).has_value() : !is_elf(head)) continue;
    Written found{at, 0, is_pe ? string_view("pe") : string_view("elf"), {}};
    found.content = read(text, at, base, text.size(), found.end);
    return found;
  }
  return std::nullopt;
}

}  // namespace stoq::plugins::hexcarve
