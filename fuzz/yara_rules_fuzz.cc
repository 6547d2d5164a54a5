// SPDX-License-Identifier: Apache-2.0
// Rule files that refer to and include each other: good ones stay in force, others are problems.
#include <filesystem>

#include "fuzz/target.h"
#include "plugins/yara/rules.h"
#include "tests/support/temporary_directory.h"

using namespace stoq::plugins::yara;
using stoq::fuzz::must;

// One file for each part: a.yar, b.yar and so on.
STOQ_FUZZ(yara_rules) {
  static const stoq::test::TemporaryDirectory folder;
  std::vector<std::filesystem::path> files;
  std::vector<std::string_view> parts = stoq::fuzz::parts_of(stoq::fuzz::text_of(data));
  for (const char* name : {"a.yar", "b.yar", "c.yar", "d.yar"}) {
    if (files.size() < parts.size())
      files.push_back(folder.file(name, std::string(parts[files.size()])));
    else
      std::filesystem::remove(folder / name);
  }
  const LoadResult loaded = RuleSet::load(files, {});
  must(loaded.rules || !loaded.problems.empty());
  for (const std::string& problem : loaded.problems)
    must(!problem.empty() && problem.find('\n') == problem.npos);
  if (!loaded.rules) return;
  must(loaded.rules->files().size() <= files.size());
  const LoadResult again = RuleSet::load(files, {});
  must(again.rules && again.rules->rule_count() == loaded.rules->rule_count());
  must(again.problems.size() == loaded.problems.size());
}
