// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "carving/bytes.h"

namespace stoq::plugins::lnk {

/// A text of the shortcut, in UTF-8, and where it stands.
struct Text {
  std::string text;
  std::size_t at = 0, size = 0;  // in bytes of the file
};

struct Shortcut {
  std::uint32_t flags = 0, attributes = 0, target_size = 0, show = 0;
  std::uint64_t created = 0, accessed = 0, written = 0;  // as Windows counts; 0 for none
  std::string item_path;                                 // out of the list of shell items
  std::string local_path, network_path;
  std::optional<Text> name, relative_path, working_directory, arguments, icon;
  std::optional<Text> environment_target;
  std::string machine;   // where it was made
  std::size_t end = 0;   // behind its last block, or where it breaks off
  bool complete = true;  // it does not break off
  std::string problem;   // "" or what is damaged
};

/// Whether the content begins as a shortcut does.
bool is_shortcut(carving::Bytes content);

/// Reads as far as it goes. Linear. [thread-safe]
Shortcut read_shortcut(carving::Bytes content);

}  // namespace stoq::plugins::lnk
