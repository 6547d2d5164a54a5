// SPDX-License-Identifier: Apache-2.0
#include "office/lzfu.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace stoq::plugins::office {
namespace {

constexpr std::size_t kWindow = 4096;
// What the window holds at first, as the format prescribes.
constexpr std::string_view kFirst =
    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    "\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    "\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
static_assert(kFirst.size() == 207);

}  // namespace

Lzfu expand_lzfu(Bytes packed, std::size_t most) {
  Cursor in(packed);
  Lzfu out;
  std::array<std::uint8_t, kWindow> window{};
  std::size_t write = kFirst.size();
  std::copy(kFirst.begin(), kFirst.end(), window.begin());
  const auto put = [&](std::uint8_t byte) {
    if (out.bytes.size() < most) out.bytes.push_back(byte);
    window[write] = byte;
    write = (write + 1) % kWindow;
  };
  while (in.left() > 0 && out.bytes.size() < most) {
    const unsigned control = in.u8();
    for (unsigned bit = 0; bit < 8 && in.left() > 0; ++bit) {
      if ((control >> bit & 1) == 0) {
        put(in.u8());
        continue;
      }
      const unsigned high = in.u8(), pair = high << 8 | in.u8();
      std::size_t from = pair >> 4;
      out.ended = in.ok() && from == write;
      if (out.ended || !in.ok()) return out;
      for (unsigned left = (pair & 15) + 2; left > 0; --left) {
        put(window[from]);
        from = (from + 1) % kWindow;
      }
    }
  }
  return out;
}

}  // namespace stoq::plugins::office
