// SPDX-License-Identifier: Apache-2.0
#include <yara.h>

#include <fstream>
#include <memory>
#include <stdexcept>

#include "bench/extractor.h"
#include "bench/samples.h"

namespace stoq::bench {
namespace {

int ignore(YR_SCAN_CONTEXT*, int, void*, void*) {
  return CALLBACK_CONTINUE;
}

}  // namespace

// The same terms as strings of one YARA rule, under all keys but 0.
void add_xorsearch(const Bench& bench, std::vector<Extractor>& all) {
  Random random(100);
  Extractor extractor{"xorsearch", "16 MiB, beside libyara", {made_bytes(random, 16 * kMiB)}, {}};
  std::ifstream terms(bench.build / "plugins/xorsearch/terms.txt");
  std::string rule = "rule terms { strings:\n", line;
  for (unsigned i = 0; std::getline(terms, line); ++i)
    rule += "$t" + std::to_string(i) + " = \"" + line + "\" xor(1-255)\n";
  rule += "condition: any of them }\n";
  if (yr_initialize() != ERROR_SUCCESS) throw std::runtime_error("libyara does not start");
  YR_COMPILER* compiler = nullptr;
  YR_RULES* rules = nullptr;
  yr_compiler_create(&compiler);
  if (yr_compiler_add_string(compiler, rule.c_str(), nullptr) != 0 ||
      yr_compiler_get_rules(compiler, &rules) != ERROR_SUCCESS)
    throw std::runtime_error("libyara does not take the terms of xorsearch");
  yr_compiler_destroy(compiler);
  const std::shared_ptr<YR_RULES> kept(rules, yr_rules_destroy);
  extractor.floor = [kept](const std::string& in, Sink&) {
    if (yr_rules_scan_mem(kept.get(), reinterpret_cast<const uint8_t*>(in.data()), in.size(), 0,
                          ignore, nullptr, 60) != ERROR_SUCCESS)
      throw std::runtime_error("libyara cannot scan");
  };
  all.push_back(extractor);
}

}  // namespace stoq::bench
