// SPDX-License-Identifier: Apache-2.0
#include "rtf_body.h"

#include <array>
#include <string_view>

namespace stoq::plugins::msg {
namespace {

constexpr std::uint32_t kCompressed = 0x75465A4C, kStored = 0x414C454D;
constexpr std::size_t kWindow = 4096;
// What the window holds at first, as the format prescribes.
constexpr std::string_view kFirst =
    "{\\rtf1\\ansi\\mac\\deff0\\deftab720{\\fonttbl;}{\\f0\\fnil \\froman \\fswiss \\fmodern "
    "\\fscript \\fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\\colortbl\\red0\\green0"
    "\\blue0\r\n\\par \\pard\\plain\\f0\\fs20\\b\\i\\u\\tab\\tx";
static_assert(kFirst.size() == 207);

}  // namespace

RtfBody decompress_rtf(office::Bytes property, std::size_t most) {
  office::Cursor in(property);
  in.skip(4);
  const std::uint32_t raw_size = in.u32(), method = in.u32();
  in.skip(4);  // a checksum that readers of foreign messages do not insist on
  RtfBody body;
  const std::size_t wanted = std::min<std::size_t>(raw_size, most);
  if (method == kStored) {
    const office::Bytes raw = in.take(wanted);
    body.bytes.assign(raw.begin(), raw.end());
  } else if (method == kCompressed) {
    std::array<std::uint8_t, kWindow> window{};
    std::size_t write = kFirst.size();
    std::copy(kFirst.begin(), kFirst.end(), window.begin());
    const auto put = [&](std::uint8_t byte) {
      if (body.bytes.size() < wanted) body.bytes.push_back(byte);
      window[write] = byte;
      write = (write + 1) % kWindow;
    };
    for (bool ended = false; !ended && in.left() > 0 && body.bytes.size() < wanted;) {
      const unsigned control = in.u8();
      for (unsigned bit = 0; bit < 8 && in.left() > 0 && !ended; ++bit) {
        if ((control >> bit & 1) == 0) {
          put(in.u8());
          continue;
        }
        const unsigned high = in.u8(), pair = high << 8 | in.u8();
        std::size_t from = pair >> 4;
        ended = from == write || !in.ok();
        for (unsigned left = ended ? 0 : (pair & 15) + 2; left > 0; --left) {
          put(window[from]);
          from = (from + 1) % kWindow;
        }
      }
    }
  } else {
    body.problem = "is compressed by an unknown method";
    return body;
  }
  if (body.bytes.size() < raw_size)
    body.problem =
        "has " + std::to_string(body.bytes.size()) + " of " + std::to_string(raw_size) + " bytes";
  return body;
}

}  // namespace stoq::plugins::msg
