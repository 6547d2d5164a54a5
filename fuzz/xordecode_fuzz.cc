// SPDX-License-Identifier: Apache-2.0
// The key that dispatch meta holds, and a stream by it: twice is as if never.
#include "fuzz/target.h"
#include "json/canonical.h"
#include "plugins/xordecode/key.h"
#include "plugins/xordecode/rolling_xor.h"
#include "stoq/sdk/views.h"

using namespace stoq::plugins::xordecode;
using stoq::fuzz::must;

STOQ_FUZZ(xordecode) {
  std::string meta;
  if (!stoq::json::canonicalise(stoq::fuzz::text_of(data), meta)) {
    meta = stoq::fuzz::text_of(data);  // none that the engine would hand on: no read outside
  }
  Key key;
  try {
    key = find_key(meta);
  } catch (const stoq::sdk::Error& e) {
    must(*e.what() != '\0');
    return;
  }
  if (key.empty()) return;
  must(key.size() <= kMaxKey && find_key("{\"xorkey\": \"" + decimals(key) + "\"}") == key);
  std::vector<uint8_t> there(data.size()), back(data.size());
  xor_into(data, key, there.data());
  for (size_t i = 0; i < there.size(); ++i) must(there[i] == (data[i] ^ key[i % key.size()]));
  RollingXor cut(key);
  const size_t first = data.size() / 3;
  cut.apply(std::span(there).first(first), back.data());
  cut.apply(std::span(there).subspan(first), back.data() + first);
  must(std::equal(back.begin(), back.end(), data.begin()));
}
