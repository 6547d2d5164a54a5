// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "carving/bytes.h"

namespace stoq::plugins::carving {

/// A short name for what begins as a file worth a look does: "pe", "elf", "zip", "pdf", "html" ...
/// "" for anything else. Three bytes of magic at least, so that chance gives none. [thread-safe]
std::string_view kind_of(Bytes content);

/// Whether all but a twentieth of it are letters, digits, punctuation or white space of ASCII, in
/// single bytes or in UTF-16 with the lower byte first; at least 4 characters. [linear]
bool is_ascii(Bytes content);
bool is_wide_ascii(Bytes content);

/// UTF-16 as UTF-8, if that is what `content` is: with a mark, or is_wide_ascii().
std::optional<std::string> from_wide(Bytes content);

}  // namespace stoq::plugins::carving
