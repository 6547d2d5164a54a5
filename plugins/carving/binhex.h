// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stoq::plugins::carving {

/// What the line before a file in BinHex begins with.
inline constexpr std::string_view kBinHexLine = "(This file must be converted with BinHex";

/// A file in BinHex 4.0: eight-bit bytes as characters, with runs shortened.
struct BinHex {
  std::string name;            // as the Macintosh stored it, most often ASCII
  std::string data, resource;  // the two forks, as far as they go
  std::size_t size = 0;        // of its text, the ':' behind it included
  std::string problem;         // "" or what is not as it should be; what could be read stands
};

/// Nothing where the header is none. `text` begins behind the first colon; what is no digit is
/// passed over. Each fork is at most as long as the header says, both at most `most` bytes. Linear
/// in the text and the forks. [thread-safe]
std::optional<BinHex> from_binhex(std::string_view text, std::size_t most);

}  // namespace stoq::plugins::carving
