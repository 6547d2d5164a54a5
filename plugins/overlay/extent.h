// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "carving/bytes.h"

namespace stoq::plugins::overlay {

/// Where a file ends by what its own structure says.
struct Extent {
  std::string_view format;  // "png", "jpeg", "gif", "bmp", "riff", "pe", "elf"
  std::size_t end = 0;      // at most the size of the content
  bool whole = false;       // its end was seen: it is not cut short, and not damaged before that
  std::size_t signature_at = 0, signature_size = 0;  // of a PE: part of the file, behind its end
};

/// By content. Nothing where it is none of these. Linear. [thread-safe]
std::optional<Extent> extent_of(carving::Bytes content);

}  // namespace stoq::plugins::overlay
