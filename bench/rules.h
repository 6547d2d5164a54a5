// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "bench/tree.h"

namespace stoq::bench {

inline constexpr unsigned kRules = 300;

// YARA rules without modules, the same for the same tree: text, hex, regular expressions, wide and
// nocase strings that match nothing, and one rule in five with bytes out of the tree's files.
std::string made_rules(const Tree& tree, unsigned count = kRules);

// The same in a file below `cache`.
std::filesystem::path write_rules(const Tree& tree, const std::filesystem::path& cache);

}  // namespace stoq::bench
