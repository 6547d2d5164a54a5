// SPDX-License-Identifier: Apache-2.0
#include "bench/floor.h"

#include <malloc.h>

#include <cstdio>
#include <exception>
#include <stdexcept>

namespace stoq::bench {

int run_floor(std::span<const std::string> a) {
  // What is freed stays mapped, as in the program: fresh memory is dear.
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  try {
    if (a.size() == 5 && a[0] == "hash")
      floor_tree(a[1], a[2], std::stoul(a[3]), static_cast<unsigned>(std::stoul(a[4])), "");
    else if (a.size() == 6 && a[0] == "yara")
      floor_tree(a[1], a[2], std::stoul(a[3]), static_cast<unsigned>(std::stoul(a[4])), a[5]);
    else if (a.size() == 2 && a[0] == "zip")
      floor_zip(a[1]);
    else
      throw std::runtime_error("no such floor; see bench/floor.h");
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "stoq-bench --floor: %s\n", e.what());
    return 1;
  }
}

}  // namespace stoq::bench
