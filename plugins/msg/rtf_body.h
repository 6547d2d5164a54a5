// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "office/bytes.h"

namespace stoq::plugins::msg {

/// Compressed RTF (MS-OXRTFCP), at most `most` bytes of it.
struct RtfBody {
  std::vector<std::uint8_t> bytes;
  std::string problem;  // empty when it is whole
};
RtfBody decompress_rtf(office::Bytes property, std::size_t most);

}  // namespace stoq::plugins::msg
