// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "office/bytes.h"

namespace stoq::plugins::office {

inline constexpr std::uint32_t kLzfuCompressed = 0x75465A4C, kLzfuStored = 0x414C454D;

struct Lzfu {
  std::vector<std::uint8_t> bytes;
  bool ended = false;  // its end mark was there
};

/// RTF as Outlook compresses it ([MS-OXRTFCP]), without its head of 16 bytes: at most `most` bytes
/// of it. Linear; never more than nine times as long.
Lzfu expand_lzfu(Bytes packed, std::size_t most = SIZE_MAX);

}  // namespace stoq::plugins::office
