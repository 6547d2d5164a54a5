// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stoq::plugins::sevenzip {

/// One entry as `7zz l -slt` tells it.
struct Item {
  std::string path;
  bool folder = false;
  bool encrypted = false;
  std::optional<std::uint64_t> size;
  std::string link;  // the target, of a symbolic link
};

struct Listing {
  std::vector<std::string> types;  // outermost first, in lower case: {"vhd", "mbr", "fat"}
  std::vector<Item> items;         // in the order in which 7zz extracts them
};

/// Reads 7zz's technical listing; what is none gives an empty one. Linear.
Listing parse_listing(std::string_view text);

/// What 7zz says on its error output: lines "ERROR: why : path" about members, and the others.
struct Complaints {
  struct About {
    std::string path, why;
  };
  std::vector<About> members;
  std::vector<std::string> others;
  bool wrong_password = false;

  const std::string* about(std::string_view path) const;  // why, nullptr if nothing is said of it
};
Complaints parse_complaints(std::string_view text);

}  // namespace stoq::plugins::sevenzip
