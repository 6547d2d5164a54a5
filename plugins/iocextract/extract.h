// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "indicators.h"
#include "tlds.h"

namespace stoq::plugins::iocextract {

inline constexpr std::size_t kMaxLocal = 128;  // of an address, before the @
inline constexpr std::size_t kMaxTail = 4096;  // of a URL, behind the host

struct Names {
  const Tlds& tlds;
  /// Top-level domains that are endings of files as well: "setup.py" is taken for a domain only
  /// where a URL, an address or a bracket around its dot shows that it is one. Lower-case.
  std::vector<std::string> file_suffixes;
};

/// What was cut, beside what Indicators left out.
struct Cut {
  std::uint64_t urls = 0;  // hits whose tail was longer than kMaxTail
};

/// Adds what is found in `text` to `found`. One pass, linear time, memory for what is found only.
/// Text in UTF-16 or UTF-32 that begins with a byte order mark is read as such, all other as bytes.
Cut extract(std::string_view text, const Names& names, Indicators& found);

}  // namespace stoq::plugins::iocextract
