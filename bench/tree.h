// SPDX-License-Identifier: Apache-2.0
//
// The tree of mixed real files on which times and whole runs are measured.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bench/samples.h"

namespace stoq::bench {

struct TreeFile {
  std::string name;  // in the directory
  Kind kind;
  uint64_t size = 0;
  std::string source;  // where it was copied from; empty: made by code
};

struct Tree {
  std::filesystem::path directory;  // flat, and nothing but these files in it
  std::vector<TreeFile> files;
  uint64_t bytes() const;
};

inline constexpr size_t kTreeFiles = 2000;

// Copies of files chosen from `root` (a sorted walk, a fixed share for each kind, evenly spread
// over what is there; at most 16 MiB each), in <cache>/tree. Kinds that are too few there are made
// by code. A complete tree is used again. Several processes may ask at once. Throws std::exception.
Tree make_tree(const std::filesystem::path& cache, const std::filesystem::path& root = "/usr",
               size_t count = kTreeFiles);

// A directory of `count` hard links to the tree's files, over and over; made anew.
void link_tree(const Tree& tree, size_t count, const std::filesystem::path& to);

}  // namespace stoq::bench
