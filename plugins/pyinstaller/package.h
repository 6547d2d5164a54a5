// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "carving/bytes.h"

namespace stoq::plugins::pyinstaller {

/// One thing in a package.
struct Entry {
  std::string name;         // bytes as they stand there
  std::string_view type;    // "script", "module", "package", "binary", "pyz", "data" ...
  carving::Bytes content;   // as stored: the part of the payload that is there
  std::uint64_t size = 0;   // once decompressed; 0 where it is not told
  bool compressed = false;  // zlib
  bool cut = false;         // the payload ends before it
};

struct Package {
  std::string_view format;  // "carchive", "pyz"
  std::string python;       // "3.11", or the magic of its byte code in hex
  std::size_t at = 0;       // where it begins in the payload
  std::vector<Entry> entries;
  std::string problem;  // "" or why not all of its entries are here
};

/// The package at the end of an executable, or a PYZ archive that is the whole content. Linear, at
/// most 100,000 entries. [thread-safe]
std::optional<Package> read_package(carving::Bytes content);

}  // namespace stoq::plugins::pyinstaller
