// SPDX-License-Identifier: Apache-2.0
#include "binhex.h"

namespace stoq::plugins::hexcarve {

std::optional<BinHex> next_binhex(std::string_view text, std::size_t from) {
  using carving::kBinHexLine;
  constexpr std::size_t kMost = 64 << 20;  // bytes of one file
  for (std::size_t line = text.find(kBinHexLine, from), next; line != text.npos; line = next) {
    // None reaches over the beginning of another, so that each is read once.
    next = text.find(kBinHexLine, line + kBinHexLine.size());
    const std::string_view section = text.substr(0, next);
    const std::size_t end_of_line = section.find_first_of("\r\n", line);
    const std::size_t colon = section.find_first_not_of(" \t\r\n", end_of_line);
    if (colon == section.npos || section[colon] != ':') continue;
    auto file = carving::from_binhex(section.substr(colon + 1), kMost);
    if (!file) continue;
    const std::size_t end = colon + 1 + file->size;
    return BinHex{std::move(*file), colon, end};
  }
  return std::nullopt;
}

}  // namespace stoq::plugins::hexcarve
