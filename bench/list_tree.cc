// SPDX-License-Identifier: Apache-2.0
//
// stoq-bench-tree [COUNT]: makes the tree, if it is not there yet, and prints the paths of so many of
// its files, evenly spread (all of them), one on each line.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>

#include "bench/tree.h"

int main(int argc, char** argv) {
  try {
    const stoq::bench::Tree tree = stoq::bench::make_tree(STOQ_BENCH_CACHE);
    const size_t files = tree.files.size();
    const size_t wanted = argc > 1 ? std::strtoul(argv[1], nullptr, 10) : files;
    const size_t count = std::min(wanted, files);
    for (size_t i = 0; i < count; ++i)
      std::printf("%s\n", (tree.directory / tree.files[i * files / count].name).c_str());
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "stoq-bench-tree: %s\n", e.what());
    return 1;
  }
}
