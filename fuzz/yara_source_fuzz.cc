// SPDX-License-Identifier: Apache-2.0
// What is read out of rule files beside libyara, and the key behind a hit.
#include <algorithm>

#include "fuzz/target.h"
#include "plugins/yara/source.h"
#include "plugins/yara/xor_key.h"

using namespace stoq::plugins::yara;
using stoq::fuzz::must;

STOQ_FUZZ(yara_source) {
  const std::string_view text = stoq::fuzz::text_of(data);
  const int lines = 1 + static_cast<int>(std::ranges::count(text, '\n'));
  int line = 1;
  for (const Declared& declared : declared_names(text)) {
    must(declared.line >= line && declared.line <= lines);
    line = declared.line;
    must(text.find(declared.name) != text.npos);
  }
  const std::string_view name = text.substr(0, text.size() / 4);
  must(include_line(text, name) <= lines);
  must(include_line("include \"" + std::string(name) + "\"", name) == 1);
  must(last_line(text) >= 1 && last_line(text) <= lines);
  (void)may_use_rule_wildcard(text);

  // The first half is a plain text, the second half is what was found for it.
  const auto half = data.size() / 2;
  const std::string_view plain = text.substr(0, half);
  Match match;
  match.metas.push_back({"xor_plaintext_for_string_a", plain});
  StringHit hit{.offset = 7, .name = "$a", .data = data.subspan(half), .xor_text = {}};
  const XorKey key = xor_key_of(match, hit);
  for (size_t i = 0; !key.empty() && i < half; ++i)
    must((hit.data[i] ^ key[i % key.size()]) == data[i]);
  const XorKey turned = from_start(key, hit.offset);
  for (size_t i = 0; i < key.size(); ++i) must(turned[(hit.offset + i) % key.size()] == key[i]);
  match.metas.clear();
  hit.xor_text = data.first(half);
  must(xor_key_of(match, hit).size() <= 1);
}
