// SPDX-License-Identifier: Apache-2.0
// Configuration files, manifests and option values.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/ini.h"
#include "config/manifest.h"
#include "config/values.h"

using namespace stoq::config;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);

  std::vector<Problem> problems;
  std::vector<std::string> warnings;
  const Ini ini = Ini::parse(text, "f/f.stoq", problems);
  if (problems.size() > Ini::kMaxProblems) std::abort();
  const bool good = problems.empty();
  const Manifest manifest = Manifest::parse(ini, problems, warnings);
  if (good && problems.empty() &&
      (manifest.name.empty() || manifest.module.empty() || manifest.module[0] == '/')) {
    std::abort();
  }
  for (const Problem& problem : problems) {
    if (problem.message().find('\n') != std::string::npos) std::abort();
  }

  for (int type = 0; type <= static_cast<int>(Type::json); ++type) {
    OptionSpec spec;
    spec.type = static_cast<Type>(type);
    const Parsed parsed = parse_value(text, spec);
    const bool has_value = !std::holds_alternative<std::monostate>(parsed.value);
    if (has_value != parsed.error.empty()) std::abort();
  }
  return 0;
}
