// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stoq::plugins::smtp {

/// One file of BinHex 4.0: what stood between the colons.
struct BinHex {
  std::string name;            // as the Macintosh stored it, most often ASCII
  std::string data, resource;  // the two forks, as far as they go
  bool complete = false;       // both are there, and their checksums fit
};

/// Nothing where the header is none. `text` begins behind the first colon. Linear; the result is at
/// most 255 times as long as the text (runs), and never longer than its header says, nor than
/// `most` bytes.
std::optional<BinHex> from_binhex(std::string_view text, std::size_t most);

}  // namespace stoq::plugins::smtp
