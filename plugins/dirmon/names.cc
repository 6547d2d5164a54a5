// SPDX-License-Identifier: Apache-2.0
#include "names.h"

#include <algorithm>
#include <filesystem>

namespace stoq::plugins::dirmon {
namespace {

// On a mismatch the last * takes one more character, so time is bounded by pattern × name.
bool matches(std::string_view pattern, std::string_view name) {
  size_t p = 0, n = 0, star = pattern.npos, resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++p;
      ++n;
    } else if (star != pattern.npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == pattern.npos;
}

}  // namespace

bool lies_in(const std::string& path, const std::string& directory, bool below) {
  const auto real = [](const std::string& name) {
    std::error_code error;
    const std::filesystem::path found = std::filesystem::weakly_canonical(name, error);
    return absolute(error ? name : found.string());
  };
  const std::string inner = real(path), outer = real(directory);
  return inner == outer || (below && inner.starts_with(join(outer, "")));
}

bool Patterns::match(std::string_view name) const {
  return std::any_of(patterns_.begin(), patterns_.end(),
                     [name](const std::string& pattern) { return matches(pattern, name); });
}

}  // namespace stoq::plugins::dirmon
