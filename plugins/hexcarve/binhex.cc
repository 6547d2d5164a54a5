// SPDX-License-Identifier: Apache-2.0
#include "binhex.h"

#include <array>
#include <cstdint>

#include "carving/bytes.h"

namespace stoq::plugins::hexcarve {
namespace {

using carving::be16;
using carving::be32;
using carving::Bytes;
using carving::bytes_of;
using carving::part;
using carving::text_of;
using std::string_view;

constexpr string_view kLine = "(This file must be converted with BinHex";
constexpr string_view kDigits = "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";
constexpr std::uint8_t kNone = 64, kRepeat = 0x90;

constexpr auto kValues = [] {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNone);
  for (std::size_t i = 0; i < kDigits.size(); ++i)
    values[static_cast<unsigned char>(kDigits[i])] = static_cast<std::uint8_t>(i);
  return values;
}();

// Six bits a character, up to the ':' or to what is neither a digit nor white space.
std::string six_bits(string_view text, std::size_t& at) {
  std::string out;
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == ' ' || c == '\t' || c == '\r' || c == '\n') continue;
    const std::uint8_t value = kValues[static_cast<unsigned char>(c)];
    if (value == kNone) break;
    bits = bits << 6 | value;
    count += 6;
    if (count >= 8) {
      count -= 8;
      out += static_cast<char>(bits >> count);
    }
  }
  return out;
}

// A byte, 0x90 and a number: the byte that often in all. 0x90 and 0: 0x90 itself.
std::string expanded(string_view packed) {
  std::string out;
  for (std::size_t i = 0; i < packed.size(); ++i) {
    if (static_cast<std::uint8_t>(packed[i]) != kRepeat) {
      out += packed[i];
      continue;
    }
    const std::size_t count = ++i < packed.size() ? static_cast<std::uint8_t>(packed[i]) : 1;
    if (count == 0) {
      out += static_cast<char>(kRepeat);
    } else if (!out.empty()) {
      out.append(count - 1, out.back());
    }
  }
  return out;
}

std::uint16_t checksum(Bytes b) {
  std::uint32_t sum = 0;
  for (const std::uint8_t byte : b) {
    sum ^= std::uint32_t{byte} << 8;
    for (int i = 0; i < 8; ++i) sum = (sum & 0x8000) != 0 ? (sum << 1) ^ 0x1021 : sum << 1;
    sum &= 0xFFFF;
  }
  return static_cast<std::uint16_t>(sum);
}

// A fork and the checksum behind it; `at` moves behind both.
std::string fork(Bytes b, std::size_t& at, std::size_t size, string_view what,
                 std::string& problem) {
  const Bytes content = part(b, at, size);
  if (problem.empty() && content.size() < size)
    problem = "its " + std::string(what) + " is cut short";
  if (problem.empty() && be16(b, at + size) != checksum(content))
    problem = "the checksum of its " + std::string(what) + " does not fit";
  at += size + 2;
  return std::string(text_of(content));
}

}  // namespace

std::optional<BinHex> next_binhex(string_view text, std::size_t from) {
  for (std::size_t line = from; (line = text.find(kLine, line)) != text.npos;
       line += kLine.size()) {
    const std::size_t end_of_line = text.find('\n', line);
    if (end_of_line == text.npos) return std::nullopt;
    const std::size_t colon = text.find_first_not_of(" \t\r\n", end_of_line);
    if (colon == text.npos || text[colon] != ':') continue;
    BinHex file;
    file.at = colon;
    file.end = colon + 1;
    const std::string content = expanded(six_bits(text, file.end));
    const Bytes b = bytes_of(content);
    const std::size_t name = carving::u8(b, 0);
    const std::size_t head = 1 + name + 1 + 4 + 4 + 2 + 4 + 4;
    if (name == 0 || name > 63 || b.size() < head + 2) continue;
    if (file.end < text.size() && text[file.end] == ':') {
      ++file.end;
    } else {
      file.problem = "its end is missing";
    }
    file.name = content.substr(1, name);
    file.type = content.substr(name + 2, 4);
    file.creator = content.substr(name + 6, 4);
    const std::size_t data = be32(b, name + 12), resource = be32(b, name + 16);
    if (file.problem.empty() && be16(b, head) != checksum(b.first(head)))
      file.problem = "the checksum of its head does not fit";
    std::size_t at = head + 2;
    file.data = fork(b, at, data, "data", file.problem);
    file.resource = fork(b, at, resource, "resources", file.problem);
    return file;
  }
  return std::nullopt;
}

}  // namespace stoq::plugins::hexcarve
