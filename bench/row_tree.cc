// SPDX-License-Identifier: Apache-2.0
//
// Rows on the tree: times with hash alone and with 300 rules, and memory.
#include <algorithm>

#include "bench/rules.h"
#include "bench/tree_run.h"

namespace stoq::bench {
namespace {

namespace fs = std::filesystem;

constexpr const char* kYara = "/usr/bin/yara";

std::vector<unsigned> widths() {
  const auto all = static_cast<unsigned>(cores().size());
  return all > 1 ? std::vector<unsigned>{all, 1} : std::vector<unsigned>{1};
}

// A plugin that this build lacks; empty when all are there.
std::string lacking(const Bench& bench, std::initializer_list<const char*> plugins) {
  for (const char* name : plugins)
    if (!bench.has_plugin(name)) return std::string("this build has no plugin ") + name;
  return {};
}

std::string on(unsigned threads) {
  return threads == 1 ? ", one core" : ", all cores";
}

double yara_program(const Bench& bench, const Tree& tree, const std::string& rules,
                    unsigned threads) {
  return run({{kYara, "-r", "-p", std::to_string(threads), rules, tree.directory},
              bench.work / "yara.out",
              threads == 1},
             bench.work);
}

}  // namespace

Rows tree_rows(const Bench& bench) {
  const std::string name = "(b) tree of 2000 files, hash";
  if (const std::string why = lacking(bench, {"filedir", "hash"}); !why.empty())
    return {{.workload = name, .skipped = why}};
  TreeRun tree(bench, make_tree(bench.cache).directory, {"hash"});
  Rows rows;
  for (const unsigned threads : widths()) {
    Row row{.workload = name + on(threads), .unit = "s", .threads = threads, .limit = 1.3};
    const auto columns = take_turns(
        bench.rounds, {[&] { return tree.ours(threads); }, [&] { return tree.floor(threads); }});
    judge(row, columns[0], columns[1]);
    rows.push_back(row);
  }
  return rows;
}

Rows yara_rows(const Bench& bench) {
  const std::string name = "(c) tree, hash and 300 rules";
  if (const std::string why = lacking(bench, {"filedir", "hash", "yara"}); !why.empty())
    return {{.workload = name, .skipped = why}};
  const Tree tree = make_tree(bench.cache);
  const std::string rules = write_rules(tree, bench.cache);
  const std::vector<std::string> options = {"--plugin-opts", "yara:worker_rules=" + rules};
  std::vector<std::string> bare = options;
  bare.push_back("yara:isolation=none");
  TreeRun shipped(bench, tree.directory, {"hash", "yara"}, options);
  TreeRun in_process(bench, tree.directory, {"hash", "yara"}, bare);
  const bool program = fs::exists(kYara);
  Rows rows;
  for (const unsigned threads : widths()) {
    std::vector<std::function<double()>> steps = {[&] { return shipped.ours(threads); },
                                                  [&] { return shipped.floor(threads, rules); },
                                                  [&] { return in_process.ours(threads); }};
    if (program) steps.push_back([&] { return yara_program(bench, tree, rules, threads); });
    const auto columns = take_turns(bench.rounds, steps);
    Row row{.workload = name + on(threads), .unit = "s", .threads = threads, .limit = 1.2};
    judge(row, columns[0], columns[1]);
    rows.push_back(row);
    row.workload = name + ", isolation none" + on(threads);
    row.limit.reset();
    judge(row, columns[2], columns[1]);
    rows.push_back(row);
    row.workload = name + ", beside yara -r" + on(threads);
    if (program)
      judge(row, columns[0], columns[3]);
    else
      row.skipped = std::string("there is no ") + kYara;
    rows.push_back(row);
  }
  return rows;
}

Rows shipped_rows(const Bench& bench) {
  const std::string name = "(j) tree as shipped, beside isolation none";
  if (const std::string why = lacking(bench, {"filedir", "hash", "mimetype", "yara"}); !why.empty())
    return {{.workload = name, .skipped = why}};
  const std::string tree = make_tree(bench.cache).directory;
  std::vector<std::string> bare = {"--plugin-opts"};
  for (const auto& plugin : fs::directory_iterator(bench.build / "plugins"))
    bare.push_back(plugin.path().filename().string() + ":isolation=none");
  TreeRun shipped(bench, tree, {}), in_process(bench, tree, {}, bare);
  Rows rows;
  for (const unsigned threads : widths()) {
    Row row{.workload = name + on(threads), .unit = "s", .threads = threads, .limit = 1.05};
    const auto columns = take_turns(
        std::max(1u, bench.rounds / 3),
        {[&] { return shipped.ours(threads); }, [&] { return in_process.ours(threads); }});
    judge(row, columns[0], columns[1]);
    rows.push_back(row);
  }
  return rows;
}

Rows memory_rows(const Bench& bench) {
  const std::string name = "(e) peak memory of (b), files: ";
  if (const std::string why = lacking(bench, {"filedir", "hash"}); !why.empty())
    return {{.workload = name, .skipped = why}};
  const Tree tree = make_tree(bench.cache);
  const auto threads = static_cast<unsigned>(cores().size());
  const fs::path links = bench.work / "links";
  Rows rows;
  for (const size_t files : {500, 2000, 8000}) {
    link_tree(tree, files, links);
    TreeRun run(bench, links, {"hash"});
    Row row{.workload = name + std::to_string(files), .unit = "MB", .threads = threads};
    row.measure = Measure::ours;
    row.limit = 200;
    // Memory hardly varies: a third of the pairs says as much.
    const auto columns = take_turns(
        std::max(1u, bench.rounds / 3),
        {[&] { return run.ours_peak(threads); }, [&] { return run.floor_peak(threads); }});
    judge(row, columns[0], columns[1]);
    rows.push_back(row);
  }
  return rows;
}

}  // namespace stoq::bench
