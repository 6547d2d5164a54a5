// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "carving/pe.h"

namespace stoq::plugins::pecarve {

/// A PE in the content, from its first header to the end of what its headers describe.
struct Carved {
  std::size_t offset = 0, size = 0;
  carving::Veil veil;
  bool truncated = false;  // the content ends before the PE does
};

/// The first PE at or behind `from`, plain or under XOR with any byte. Where the content itself is
/// a plain PE, that one is not meant. Linear, if the next search begins behind what was found.
/// [thread-safe]
std::optional<Carved> carve_next(carving::Bytes content, std::size_t from);

}  // namespace stoq::plugins::pecarve
