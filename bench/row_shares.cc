// SPDX-License-Identifier: Apache-2.0
//
// The tree with all that is shipped, and which plugin takes how much of the time.
#include <algorithm>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "bench/tree_run.h"

namespace stoq::bench {
namespace {

namespace fs = std::filesystem;

using Seconds = std::map<std::string, double>;

void add(const nlohmann::json& by_plugin, const std::string& role, Seconds& sums) {
  for (const auto& [plugin, seconds] : by_plugin.items())
    sums[plugin + role] += seconds.get<double>();
}

// What the results of a run with --timings say.
Seconds sums_of(const fs::path& results) {
  Seconds sums;
  for (const fs::directory_entry& entry : fs::directory_iterator(results)) {
    std::ifstream file(entry.path());
    const auto response = nlohmann::json::parse(file);
    for (const auto& result : response.at("results")) {
      const auto& timings = result.at("timings");
      add(timings.at("dispatchers"), " (dispatcher)", sums);
      for (const auto& round : timings.at("workers")) add(round, "", sums);
      add(timings.at("archivers"), " (archiver)", sums);
    }
  }
  return sums;
}

void add_shares(const Seconds& sums, Rows& rows) {
  double all = 0;
  for (const auto& [plugin, seconds] : sums) all += seconds;
  std::vector<std::pair<double, std::string>> order;
  for (const auto& [plugin, seconds] : sums) order.emplace_back(seconds, plugin);
  std::sort(order.rbegin(), order.rend());
  for (const auto& [seconds, plugin] : order) {
    Row row{.workload = "(m) of the time of all plugins, " + plugin, .unit = "s"};
    judge(row, {seconds}, {all});
    rows.push_back(std::move(row));
  }
}

}  // namespace

Rows share_rows(const Bench& bench) {
  const std::string name = "(m) tree as shipped";
  for (const char* plugin : {"filedir", "hash", "mimetype", "yara"})
    if (!bench.has_plugin(plugin))
      return {{.workload = name, .skipped = std::string("this build has no plugin ") + plugin}};
  const Tree tree = make_tree(bench.cache);
  TreeRun shipped(bench, tree.directory, {});
  const auto all = static_cast<unsigned>(cores().size());
  Rows rows;
  for (const unsigned threads :
       all > 1 ? std::vector<unsigned>{1, all} : std::vector<unsigned>{1}) {
    Row row{
        .workload = name + (threads == 1 ? ", one core" : ", all cores") + ", beside (b)'s floor",
        .unit = "s",
        .threads = threads};
    const auto columns =
        take_turns(std::max(1u, bench.rounds / 3),
                   {[&] { return shipped.ours(threads); }, [&] { return shipped.floor(threads); }});
    judge(row, columns[0], columns[1]);
    row.rate = static_cast<double>(tree.bytes()) / 1e6 / row.ours;
    row.files_rate = static_cast<double>(tree.files.size()) / row.ours;
    rows.push_back(std::move(row));
  }
  TreeRun timed(bench, tree.directory, {}, {"--timings"});
  timed.ours(1);
  add_shares(sums_of(timed.results()), rows);
  return rows;
}

}  // namespace stoq::bench
