// SPDX-License-Identifier: Apache-2.0
#include "rules.h"

#include <yara.h>

#include <algorithm>

#include "loader.h"

namespace stoq::plugins::yara {

RuleSet::Gate RuleSet::gate_of_module(const std::string& module) {
  if (module == "pe" || module == "dotnet") return Gate::pe;
  if (module == "elf") return Gate::elf;
  if (module == "macho") return Gate::macho;
  if (module == "dex") return Gate::dex;
  return Gate::none;
}

bool RuleSet::opens(Gate gate, const std::uint8_t* content, std::size_t size) {
  auto word = [&](std::uint32_t first) {
    return size >= 4 && (std::uint32_t{content[0]} << 24 | std::uint32_t{content[1]} << 16 |
                         std::uint32_t{content[2]} << 8 | content[3]) == first;
  };
  switch (gate) {
    case Gate::none:
      return true;
    case Gate::pe:
      return size >= 2 && content[0] == 'M' && content[1] == 'Z';
    case Gate::elf:
      return word(0x7F454C46);
    case Gate::macho:
      return std::ranges::any_of(
          std::initializer_list<std::uint32_t>{0xFEEDFACE, 0xFEEDFACF, 0xCEFAEDFE, 0xCFFAEDFE,
                                               0xCAFEBABE, 0xCAFEBABF, 0xBEBAFECA, 0xBFBAFECA},
          word);
    case Gate::dex:
      return word(0x6465780A);
  }
  return true;
}

std::size_t RuleSet::rule_count() const {
  std::size_t count = 0;
  for (const auto& group : groups_) count += group.rules->num_rules;
  return count;
}

LoadResult RuleSet::load(const std::vector<std::filesystem::path>& paths,
                         const LoadOptions& options, const LastGood& last_good) {
  LoadResult result = Loader(options, last_good).load(paths);
  for (std::string& problem : result.problems)  // a name in an include may hold a line break
    std::ranges::replace_if(
        problem, [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; }, ' ');
  return result;
}

}  // namespace stoq::plugins::yara
