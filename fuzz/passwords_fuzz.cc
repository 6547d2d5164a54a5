// SPDX-License-Identifier: Apache-2.0
// Words of texts and names that may be passwords: few, of bounded length, each once.
#include <algorithm>
#include <set>

#include "fuzz/target.h"
#include "plugins/archives/passwords.h"

using namespace stoq::plugins::archives;

STOQ_FUZZ(passwords) {
  PasswordList list(300);
  hints_in_name(stoq::fuzz::text_of(data.first(std::min<size_t>(data.size(), 255))), list);
  hints_in_text(stoq::fuzz::text_of(data), list);
  const std::vector<std::string> all = list.take();
  stoq::fuzz::must(all.size() <= 300 && std::set(all.begin(), all.end()).size() == all.size());
  for (const std::string& word : all) stoq::fuzz::must(word.size() >= 3 && word.size() <= 64);
}

STOQ_FUZZ_SEEDS(passwords) {
  return {"The password is: \"7aB-x9!\" (passwort=abc:123)", "invoice (pw 1234) - \xFF.pdf.zip"};
}
