// SPDX-License-Identifier: Apache-2.0
// Numbers in text and BinHex files: what is told lies in the text, in order.
#include "fuzz/target.h"
#include "plugins/carving/tests/samples.h"
#include "plugins/hexcarve/binhex.h"
#include "plugins/hexcarve/numbers.h"

using namespace stoq::plugins::hexcarve;
using stoq::fuzz::must;

STOQ_FUZZ(hexcarve) {
  const auto text = stoq::fuzz::text_of(data);
  size_t budget = 8 * text.size() + 1000;
  for (size_t at = 0;;) {
    const auto found = next_file(text, at, budget);
    if (!found) break;
    must(found->at >= at && found->end > found->at && found->end <= text.size());
    must(!found->content.empty() && found->content.size() <= found->end - found->at);
    at = found->end;
  }
  for (size_t at = 0;;) {
    const auto file = next_binhex(text, at);
    if (!file) break;
    must(file->at >= at && file->end > file->at && file->end <= text.size() && !file->name.empty());
    at = file->end;
  }
}

STOQ_FUZZ_SEEDS(hexcarve) {
  std::string hex, list;
  char number[8];
  for (const char c : stoq::test::pe_file("program").substr(0, 0x240)) {
    std::snprintf(number, sizeof number, "%02X", static_cast<unsigned>(static_cast<uint8_t>(c)));
    hex += number;
    list += std::to_string(static_cast<uint8_t>(c)) + ", ";
  }
  return {
      "x = " + hex, "(" + list + ")",
      "(This file must be converted with BinHex 4.0)\n\n:#'&[,Q0dG!\"849K8G(4P8e!!!!!!!!!!!!:\n"};
}
