// SPDX-License-Identifier: Apache-2.0
// What libFuzzer calls, for the one target that is linked with it. STOQ_FUZZ_SEEDS names a folder
// that gets the target's own seeds.
#include <fstream>

#include "fuzz/target.h"

using namespace stoq::fuzz;

extern "C" int LLVMFuzzerInitialize(int*, char***) {
  const char* folder = std::getenv("STOQ_FUZZ_SEEDS");
  if (!folder) return 0;
  size_t number = 0;
  for (const std::string& seed : seeds_of(targets().front().name))
    std::ofstream(std::string(folder) + "/seed-" + std::to_string(number++), std::ios::binary)
        << seed;
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  targets().front().run({data, size});
  return 0;
}
