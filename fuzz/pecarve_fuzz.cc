// SPDX-License-Identifier: Apache-2.0
// What is carved lies in the content, comes in order, and is a PE once its key is lifted.
#include "fuzz/target.h"
#include "plugins/carving/tests/samples.h"
#include "plugins/pecarve/carve.h"

using namespace stoq::plugins;
using stoq::fuzz::must;

STOQ_FUZZ(pecarve) {
  for (size_t at = 0;;) {
    const auto found = pecarve::carve_next(data, at);
    if (!found) return;
    must(found->offset >= at && found->size > 0 && found->offset + found->size <= data.size());
    std::vector<uint8_t> plain(data.begin() + static_cast<ptrdiff_t>(found->offset), data.end());
    for (auto& byte : plain) byte = found->veil.lift(byte);
    const auto pe = carving::read_pe(plain);
    must(pe && (pe->size > plain.size()) == found->truncated);
    at = found->offset + found->size;
  }
}

STOQ_FUZZ_SEEDS(pecarve) {
  const std::string pe = stoq::test::pe_file("program");
  std::string veiled = pe;
  for (char& c : veiled) c ^= 0x5C;
  return {"text" + pe, veiled, pe + "text" + stoq::test::pe_file(pe, true, 0x800, 16)};
}
