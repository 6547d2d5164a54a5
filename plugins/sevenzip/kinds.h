// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace stoq::plugins::sevenzip {

/// What a content is to this plugin.
struct Kind {
  std::string_view name;  // ours: "arj", "vhd", …; empty: nothing for it
  std::string_view type;  // 7zz's, for -t; empty: it finds the layers of a disk image by itself
  std::size_t begin = 0;  // of the archive in the content
  explicit operator bool() const { return !name.empty(); }
};

/// Tells it by content alone, never by name. Looks at the start, the end, and through the whole only
/// of executables. 7z and zip are told too, which this plugin takes from others. Thread-safe.
Kind kind_of(std::span<const std::uint8_t> content);

}  // namespace stoq::plugins::sevenzip
