// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <charconv>
#include <compare>
#include <optional>
#include <string_view>
#include <vector>

namespace stoq::config {

/// `4.0.1` as its numbers, without zeros at the end; nothing if the text is not whole numbers
/// joined by dots.
inline std::optional<std::vector<unsigned>> version_numbers(std::string_view text) {
  std::vector<unsigned> numbers;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (true) {
    unsigned number = 0;
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc()) return std::nullopt;
    numbers.push_back(number);
    if (next == end) break;
    if (*next != '.') return std::nullopt;
    at = next + 1;
  }
  while (!numbers.empty() && numbers.back() == 0) numbers.pop_back();
  return numbers;
}

/// Orders `2.0` before `2.0.1` before `10`; `2` equals `2.0`. Nothing if one of them is not a
/// version.
inline std::optional<std::strong_ordering> compare_versions(std::string_view a,
                                                            std::string_view b) {
  const auto left = version_numbers(a), right = version_numbers(b);
  if (!left || !right) return std::nullopt;
  return *left <=> *right;
}

}  // namespace stoq::config
