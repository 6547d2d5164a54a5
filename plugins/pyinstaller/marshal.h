// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "carving/bytes.h"

namespace stoq::plugins::pyinstaller {

/// Where a module stands in a PYZ archive.
struct Place {
  std::string name;
  std::int64_t kind = 0, at = 0, size = 0;
};

/// The table of a PYZ archive as Python's marshal writes it: a list of (name, (kind, at, size)), or a
/// dict of the same. Reads up to what it does not understand, at most `most` places; `whole`: that
/// was all. Linear.
std::vector<Place> read_table(carving::Bytes marshalled, std::size_t most, bool& whole);

}  // namespace stoq::plugins::pyinstaller
