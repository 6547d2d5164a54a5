// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stoq::plugins::script_decode {

/// Text that JavaScript builds out of escapes or numbers.
struct EscapedText {
  std::size_t at = 0, end = 0;  // of the escapes or numbers, in the text
  std::string_view kind;        // "escapes", "character codes"
  std::string content;
};

/// The next argument of unescape(), decodeURI(), decodeURIComponent() with at least 8 escapes, or of
/// String.fromCharCode() with at least 8 numbers, at or behind `from`. %u9090 alone is taken for
/// bytes, the lower one first; numbers up to 255 are bytes; anything else becomes UTF-8. Linear, if
/// the next search begins behind it. [thread-safe]
std::optional<EscapedText> next_escaped(std::string_view text, std::size_t from);

}  // namespace stoq::plugins::script_decode
