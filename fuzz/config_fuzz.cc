// SPDX-License-Identifier: Apache-2.0
// Configuration files, option values, and the layers of a plugin's options.
#include "config/layers.h"
#include "fuzz/target.h"

using namespace stoq::config;
using namespace stoq::fuzz;

namespace {

constexpr auto kTypes = static_cast<int>(Type::json) + 1;

std::vector<OptionSpec> one_of_each() {
  std::vector<OptionSpec> specs;
  for (int type = 0; type < kTypes; ++type)
    specs.push_back(
        {.name = std::string(type_name(static_cast<Type>(type))), .type = static_cast<Type>(type)});
  specs[static_cast<size_t>(Type::integer)].min = 1;
  specs[static_cast<size_t>(Type::text)].choices = {"one", "two"};
  return specs;
}

void one_line(const std::string& text) {
  must(!text.empty() && text.find('\n') == text.npos);
}

}  // namespace

STOQ_FUZZ(config) {
  static const std::vector<OptionSpec> specs = one_of_each();
  std::vector<Problem> problems;
  const Ini ini = Ini::parse(text_of(data), "stoq.cfg", problems);
  must(problems.size() <= Ini::kMaxProblems);
  for (const Problem& problem : problems) one_line(problem.message());

  for (const std::string& section : ini.sections()) {
    must(ini.has_section(section));
    for (const auto& [name, entry] : ini.own_options(section))
      must(ini.get(section, name) == &entry && entry.line > 0);
    const OptionLayers layers{.config = layer_of(ini, section)};
    std::vector<std::string> warnings, errors;
    const ResolvedOptions options = resolve_options(section, specs, layers, warnings, errors);
    must(options.size() + errors.size() >= layers.config.size());
    for (const auto& [name, option] : options) must(layers.config.at(name).text == option.text);
    for (const auto& lines : {warnings, errors})
      for (const std::string& line : lines) one_line(line);
  }

  for (const OptionSpec& spec : specs) {
    const Parsed parsed = parse_value(text_of(data), spec);
    must(std::holds_alternative<std::monostate>(parsed.value) != parsed.error.empty());
  }
}
