// SPDX-License-Identifier: Apache-2.0
//
// Paths and names: as messages show them, as results tell them, and which are to be ignored.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "files/names.h"

namespace stoq::plugins::dirmon {

using files::absolute;
using files::join;
using files::shown;

// Whether a directory, made already or not, is another one, or with `below` lies below it. Links
// are followed.
bool lies_in(const std::string& path, const std::string& directory, bool below);

// Shell patterns of which * and ? are special; they match whole names.
class Patterns {
 public:
  Patterns() = default;
  explicit Patterns(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {}
  bool match(std::string_view name) const;

 private:
  std::vector<std::string> patterns_;
};

}  // namespace stoq::plugins::dirmon
