// SPDX-License-Identifier: Apache-2.0
// A plugin's .stoq.
#include "config/manifest.h"
#include "fuzz/target.h"

using namespace stoq::config;

STOQ_FUZZ(manifest) {
  using stoq::fuzz::must;
  std::vector<Problem> problems;
  std::vector<std::string> warnings;
  const Ini ini = Ini::parse(stoq::fuzz::text_of(data), "/plugins/f/f.stoq", problems);
  const Manifest manifest = Manifest::parse(ini, problems, warnings);
  for (const Problem& problem : problems) must(problem.message().find('\n') == std::string::npos);
  for (const std::string& warning : warnings) must(warning.find('\n') == warning.npos);
  if (!problems.empty()) return;
  must(name_problem(manifest.name).empty());
  must(!manifest.module.empty() && manifest.module[0] != '/');
  must(("/" + manifest.module + "/").find("/../") == std::string::npos);
  for (const HelperPlace& helper : manifest.helpers)
    must(!helper.name.empty() && helper.path.starts_with('/'));
  for (const std::string& worker : manifest.required_workers) must(!worker.empty());
  must(!manifest.deadline || *manifest.deadline > 0);
  must(!manifest.memory || *manifest.memory > 0);
}
