// SPDX-License-Identifier: Apache-2.0
#include "encoded_script.h"

#include <array>
#include <cstdint>

#include "carving/base64.h"
#include "carving/bytes.h"

namespace stoq::plugins::script_decode {
namespace {

using std::string_view;

constexpr string_view kBegin = "#@~^", kEnd = "^#~@";
constexpr std::size_t kNumber = 8;  // four bytes in base64

// What the characters from ' ' on stand for in each of the three alphabets; 0 for none.
constexpr std::array<std::array<std::uint8_t, 96>, 3> kPlain = {
    {{{0x2E, 0x47, 0x7A, 0x56, 0x42, 0x6A, 0x2F, 0x26, 0x49, 0x41, 0x34, 0x32, 0x5B, 0x76,
       0x72, 0x43, 0x38, 0x39, 0x70, 0x45, 0x68, 0x71, 0x4F, 9,    0x62, 0x44, 0x23, 0x75,
       0,    0x7E, 0,    0x5E, 0,    0x77, 0x4A, 0x61, 0x5D, 0x22, 0x4B, 0x6F, 0x4E, 0x3B,
       0x4C, 0x50, 0x67, 0x2A, 0x7D, 0x74, 0x54, 0x2B, 0x2D, 0x2C, 0x30, 0x6E, 0x6B, 0x66,
       0x35, 0x25, 0x21, 0x64, 0x4D, 0x52, 0x63, 0x3F, 0x7B, 0x78, 0x29, 0x28, 0x73, 0x59,
       0x33, 0x7F, 0x6D, 0x55, 0x53, 0x7C, 0x3A, 0x5F, 0x65, 0x46, 0x58, 0x31, 0x69, 0x6C,
       0x5A, 0x48, 0x27, 0x5C, 0x3D, 0x24, 0x79, 0x37, 0x60, 0x51, 0x20, 0x36}},
     {{0x2D, 0x75, 0x52, 0x60, 0x71, 0x5E, 0x49, 0x5C, 0x62, 0x7D, 0x29, 0x36, 0x20, 0x7C,
       0x7A, 0x7F, 0x6B, 0x63, 0x33, 0x2B, 0x68, 0x51, 0x66, 0x76, 0x31, 0x64, 0x54, 0x43,
       0,    0x3A, 0,    0x7E, 0,    0x45, 0x2C, 0x2A, 0x74, 0x27, 0x37, 0x44, 0x79, 0x59,
       0x2F, 0x6F, 0x26, 0x72, 0x6A, 0x39, 0x7B, 0x3F, 0x38, 0x77, 0x67, 0x53, 0x47, 0x34,
       0x78, 0x5D, 0x30, 0x23, 0x5A, 0x5B, 0x6C, 0x48, 0x55, 0x70, 0x69, 0x2E, 0x4C, 0x21,
       0x24, 0x4E, 0x50, 9,    0x56, 0x73, 0x35, 0x61, 0x4B, 0x58, 0x3B, 0x57, 0x22, 0x6D,
       0x4D, 0x25, 0x28, 0x46, 0x4A, 0x32, 0x41, 0x3D, 0x5F, 0x4F, 0x42, 0x65}},
     {{0x32, 0x30, 0x21, 0x29, 0x5B, 0x38, 0x33, 0x3D, 0x58, 0x3A, 0x35, 0x65, 0x39, 0x5C,
       0x56, 0x73, 0x66, 0x4E, 0x45, 0x6B, 0x62, 0x59, 0x78, 0x5E, 0x7D, 0x4A, 0x6D, 0x71,
       0,    0x60, 0,    0x53, 0,    0x42, 0x27, 0x48, 0x72, 0x75, 0x31, 0x37, 0x4D, 0x52,
       0x22, 0x54, 0x6A, 0x47, 0x64, 0x2D, 0x20, 0x7F, 0x2E, 0x4C, 0x5D, 0x7E, 0x6C, 0x6F,
       0x79, 0x74, 0x43, 0x26, 0x76, 0x25, 0x24, 0x2B, 0x28, 0x23, 0x41, 0x34, 9,    0x2A,
       0x44, 0x3F, 0x77, 0x3B, 0x55, 0x69, 0x61, 0x63, 0x50, 0x67, 0x51, 0x49, 0x4F, 0x46,
       0x68, 0x7C, 0x36, 0x70, 0x6E, 0x7A, 0x2F, 0x5F, 0x4B, 0x5A, 0x2C, 0x57}}}};
constexpr std::array<char, 3> kPlainOfTab = {0x57, 0x6E, 0x7B};
// Which alphabet is whose turn.
constexpr string_view kTurns = "0120121221210212021200122102122100212120200120210212001220012021";

// What stands behind '@' for a character that is not encoded; 0 for none.
char unescaped(char c) {
  switch (c) {
    case '&':
      return '\n';
    case '#':
      return '\r';
    case '*':
      return '>';
    case '!':
      return '<';
    case '$':
      return '@';
    default:
      return 0;
  }
}

// "DgAAAA==" is 14.
std::optional<std::uint32_t> number_of(string_view text) {
  if (text.size() != kNumber || !text.ends_with("==")) return std::nullopt;
  const auto bytes = carving::strict_base64(text);
  if (!bytes || bytes->size() != 4) return std::nullopt;
  return carving::le32(carving::bytes_of(*bytes), 0);
}

std::uint32_t sum_of(string_view script) {
  std::uint32_t sum = 0;
  for (const char c : script) sum += static_cast<std::uint8_t>(c);
  return sum;
}

}  // namespace

std::string decode_script(string_view encoded) {
  std::string out;
  out.reserve(encoded.size());
  std::size_t turn = 0;
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    const char c = encoded[i];
    const std::size_t alphabet = static_cast<std::size_t>(kTurns[turn % kTurns.size()] - '0');
    if (static_cast<signed char>(c) < 0) {
      out += c;
      continue;
    }
    ++turn;
    char plain = c;
    if (c == '@' && i + 1 < encoded.size() && unescaped(encoded[i + 1]) != 0) {
      plain = unescaped(encoded[++i]);
    } else if (c == '\t') {
      plain = kPlainOfTab[alphabet];
    } else if (c >= ' ' && kPlain[alphabet][static_cast<std::size_t>(c - ' ')] != 0) {
      plain = static_cast<char>(kPlain[alphabet][static_cast<std::size_t>(c - ' ')]);
    }
    out += plain;
  }
  return out;
}

std::optional<EncodedScript> next_encoded_script(string_view text, std::size_t from) {
  for (std::size_t at = from; (at = text.find(kBegin, at)) != text.npos; at += kBegin.size()) {
    const string_view rest = text.substr(at + kBegin.size());
    const auto length = number_of(rest.substr(0, kNumber));
    if (!length) continue;
    const std::size_t end = rest.find(kEnd);
    const bool whole = end != rest.npos && end >= 2 * kNumber;
    const string_view body = rest.substr(kNumber, whole              ? end - 2 * kNumber
                                                  : end == rest.npos ? end
                                                                     : end - kNumber);
    EncodedScript found{at, kBegin.size() + (end == rest.npos ? rest.size() : end + kEnd.size()),
                        decode_script(body), ""};
    const auto sum = whole ? number_of(rest.substr(end - kNumber, kNumber)) : std::nullopt;
    if (!whole) {
      found.problem = "its end is missing";
    } else if (found.script.size() != *length) {
      found.problem = "it has " + std::to_string(found.script.size()) + " characters and says " +
                      std::to_string(*length);
    } else if (!sum || *sum != sum_of(found.script)) {
      found.problem = "its checksum does not fit";
    }
    return found;
  }
  return std::nullopt;
}

}  // namespace stoq::plugins::script_decode
