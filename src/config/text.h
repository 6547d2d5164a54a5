// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stoq::config {

/// Unicode text as Python's `str` methods see it; the views hold valid UTF-8. Thread-safe.

/// The length of the longest valid UTF-8 prefix: `text.size()` if all of it is valid.
size_t valid_prefix(std::string_view text);

std::string_view strip(std::string_view text);
std::string_view strip_end(std::string_view text);

/// How many characters (not bytes) of white space `text` starts with.
size_t indentation(std::string_view text);

/// `str.lower()`, but that a capital sigma at the end of a word is not special.
std::string lower(std::string_view text);

/// `text` for a message: one line without control characters, at most 80 bytes of it; quote() adds
/// single quotes.
std::string printable(std::string_view text);
std::string quote(std::string_view text);

}  // namespace stoq::config
