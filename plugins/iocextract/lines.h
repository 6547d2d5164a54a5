// SPDX-License-Identifier: Apache-2.0
//
// Lists in text files: one item a line, # before comments.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

namespace stoq::plugins::iocextract {

inline constexpr std::size_t kMaxListFile = 64 << 20;

/// Throws sdk::Error, which begins with `option` and the path.
std::string read_list(const std::string& option, const std::string& path);

/// Calls item(text, line number) for each line that is neither empty nor a comment, trimmed.
template <class Item>
void for_each_line(std::string_view text, Item&& item) {
  constexpr std::string_view kBlank = " \t\r\f\v";
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    line.remove_prefix(std::min(line.find_first_not_of(kBlank), line.size()));
    line = line.substr(0, line.find_last_not_of(kBlank) + 1);
    if (!line.empty() && line.front() != '#') item(line, number);
  }
}

}  // namespace stoq::plugins::iocextract
