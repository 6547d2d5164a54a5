// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stoq::plugins::hexcarve {

/// A file in BinHex 4.0: eight-bit bytes as characters, with runs shortened.
struct BinHex {
  std::size_t at = 0, end = 0;  // in the text: its first ':', and behind its last character
  std::string name, type, creator;
  std::string data, resource;
  std::string problem;  // "" or what is not as it should be; what could be read stands
};

/// The next one at or behind `from`: what follows the line that says so. Linear, if the next search
/// begins behind it. [thread-safe]
std::optional<BinHex> next_binhex(std::string_view text, std::size_t from);

}  // namespace stoq::plugins::hexcarve
