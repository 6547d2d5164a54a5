// SPDX-License-Identifier: Apache-2.0
// Terms from the first line on, up to "====", and content: each match is there under its key.
#include "fuzz/target.h"
#include "plugins/xorsearch/search.h"
#include "stoq/sdk/views.h"

using namespace stoq::plugins::xorsearch;
using stoq::fuzz::must;

STOQ_FUZZ(xorsearch) {
  const auto parts = stoq::fuzz::parts_of(stoq::fuzz::text_of(data));
  const auto content = stoq::fuzz::bytes_of(parts.back());
  try {
    const Terms terms(parts.size() > 1 ? parts[0] : "CreateFile\nCreate\nWinExec\n");
    size_t last = 0;
    terms.search(content, [&](Match&& match) {
      must(match.key != 0 && match.at >= last && match.text.size() <= kMostText);
      for (size_t i = 0; i < match.text.size(); ++i)
        must((content[match.at + i] ^ match.key) == static_cast<uint8_t>(match.text[i]));
      last = match.at;
      return true;
    });
  } catch (const stoq::sdk::Error& e) {
    must(*e.what() != '\0');
  }
}

STOQ_FUZZ_SEEDS(xorsearch) {
  std::string veiled = "some CreateFile and CreateProcess and WinExec";
  for (char& c : veiled) c ^= 0x21;
  return {veiled, "need\nneedle\n\n====\n" + veiled};
}
