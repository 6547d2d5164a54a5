// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stoq::plugins::script_decode {

/// A script as Microsoft's Script Encoder leaves it: "#@~^", a length, the characters, a checksum,
/// "^#~@".
struct EncodedScript {
  std::size_t at = 0, size = 0;  // in the text, the marks included
  std::string script;
  std::string problem;  // "" or what is not as it should be; the script stands
};

/// The first at or behind `from`. Linear, if the next search begins behind it. [thread-safe]
std::optional<EncodedScript> next_encoded_script(std::string_view text, std::size_t from);

/// Undoes the encoding, for any length of text.
std::string decode_script(std::string_view encoded);

}  // namespace stoq::plugins::script_decode
