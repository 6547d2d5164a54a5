// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stoq::plugins::carving {

/// Decodes what is in the standard or the URL alphabet; anything else is passed over, and what is
/// left of an incomplete group gives the bytes that it can.
std::string decode_base64(std::string_view text);

/// The same, if `text` is nothing but base64 and white space, in whole and padded groups.
std::optional<std::string> strict_base64(std::string_view text);

/// A part of a text.
struct Run {
  std::size_t at = 0, size = 0;
};

/// The next run of base64 at or behind `from` with at least `least` characters, its padding
/// included. It goes on over an end of line where the line before has 40 characters or more.
/// [linear over a text, if the next search begins behind the run]
std::optional<Run> next_base64(std::string_view text, std::size_t from, std::size_t least);

}  // namespace stoq::plugins::carving
