// SPDX-License-Identifier: Apache-2.0
#include "compressed_rtf.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "bytes.h"

namespace stoq::plugins::tnef {
namespace {

constexpr std::uint32_t kCompressed = 0x75465A4C, kStored = 0x414C454D;  // "LZFu", "MELA"
constexpr std::size_t kHead = 16, kDictionary = 4096;

/// What the dictionary holds at the start, by [MS-OXRTFCP].
constexpr std::string_view kStart =
    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    "\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    "\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
static_assert(kStart.size() == 207);

}  // namespace

std::optional<Rtf> from_compressed_rtf(std::string_view bytes) {
  Bytes in(bytes);
  in.u32();  // the size of what follows
  const std::uint32_t raw_size = in.u32(), kind = in.u32();
  in.u32();  // a checksum
  if (in.failed() || (kind != kCompressed && kind != kStored)) return std::nullopt;
  Rtf out;
  if (kind == kStored) {
    out.text = std::string(bytes.substr(kHead, raw_size));
    out.complete = out.text.size() == raw_size;
    return out;
  }
  std::array<char, kDictionary> dictionary{};
  std::copy(kStart.begin(), kStart.end(), dictionary.begin());
  std::size_t place = kStart.size();
  const auto put = [&](char c) {
    out.text.push_back(c);
    dictionary[place] = c;
    place = (place + 1) % kDictionary;
  };
  for (;;) {
    const unsigned flags = in.u8();
    for (unsigned bit = 0; bit < 8; ++bit) {
      if (in.rest() == 0) {
        out.complete = false;
        return out;
      }
      if ((flags >> bit & 1) == 0) {
        put(static_cast<char>(in.u8()));
        continue;
      }
      const unsigned high = in.u8(), reference = high << 8 | in.u8();
      const std::size_t from = reference >> 4;
      if (in.failed() || from == place) {
        out.complete = !in.failed();
        return out;
      }
      for (std::size_t i = 0; i < (reference & 15) + 2; ++i)
        put(dictionary[(from + i) % kDictionary]);
    }
  }
}

}  // namespace stoq::plugins::tnef
