// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "extract.h"
#include "whitelist.h"

namespace stoq::plugins::iocextract {

inline const Tlds& few_tlds() {
  static const Tlds tlds("COM\nNET\nCO\nUK\nPY\nXN--P1AI\n", "few");
  return tlds;
}

inline std::vector<std::string> list(const Indicators& found, Kind kind) {
  return {found.of(kind).begin(), found.of(kind).end()};
}

// "kind: a b; kind: c" of what is found.
inline std::string found_in(std::string_view text, const Whitelist& whitelist = {},
                            std::vector<std::string> file_suffixes = {"py"}) {
  Indicators found(whitelist, 100);
  extract(text, {few_tlds(), std::move(file_suffixes)}, found);
  std::string out;
  for (std::size_t i = 0; i < kKindNames.size(); ++i) {
    if (found.of(static_cast<Kind>(i)).empty()) continue;
    out.append(out.empty() ? "" : "; ").append(kKindNames[i]).append(":");
    for (const std::string& item : found.of(static_cast<Kind>(i))) out += ' ' + item;
  }
  return out;
}

}  // namespace stoq::plugins::iocextract
