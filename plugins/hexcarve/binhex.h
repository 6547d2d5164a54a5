// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "carving/binhex.h"

namespace stoq::plugins::hexcarve {

struct BinHex : carving::BinHex {
  std::size_t at = 0, end = 0;  // in the text: its first ':', and behind its last character
};

/// The next one at or behind `from`: what follows the line that says so, up to the next such line.
/// Linear, if the next search begins behind it. [thread-safe]
std::optional<BinHex> next_binhex(std::string_view text, std::size_t from);

}  // namespace stoq::plugins::hexcarve
