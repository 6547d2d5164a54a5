// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "office/bytes.h"

namespace stoq::plugins::vba {

/// A compressed container of MS-OVBA: chunks of at most 4096 bytes of text each.
struct Source {
  std::vector<std::uint8_t> bytes;
  std::string problem;  // where it is damaged; empty when it is whole
};
/// `container` begins with its signature. Ends quietly at the first thing that is no chunk.
Source decompress_source(office::Bytes container);

/// Where a container begins whose text begins as every module does ("Attribute VB_…"); npos when
/// there is none.
std::size_t find_source(office::Bytes stream);

}  // namespace stoq::plugins::vba
