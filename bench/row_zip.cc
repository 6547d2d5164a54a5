// SPDX-License-Identifier: Apache-2.0
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "bench/bench.h"
#include "bench/samples.h"

namespace stoq::bench {
namespace {

namespace fs = std::filesystem;

Command our_command(const Bench& bench, const fs::path& zip, unsigned threads) {
  return {{bench.stoq(), "scan", zip, "--set", "dispatchers=", "--threads", std::to_string(threads),
           "-a", "hash", "decompress"},
          "/dev/null",
          threads == 1};
}

// Once, that it does the work: all members and no errors.
void check(const Bench& bench, const fs::path& zip) {
  Command command = our_command(bench, zip, static_cast<unsigned>(cores().size()));
  command.out = bench.work / "zip.json";
  run(command, bench.work);
  std::ifstream file(command.out);
  const auto response = nlohmann::json::parse(file);
  const size_t results = response.at("results").size();
  if (results != kZipMembers + 1 || !response.at("errors").empty() ||
      !response.at("limits").empty())
    throw std::runtime_error("the scan of " + zip.string() + " gave " + std::to_string(results) +
                             " results; errors: " + response.at("errors").dump().substr(0, 300));
}

}  // namespace

Rows zip_rows(const Bench& bench) {
  const std::string name = "(d) zip of 200 MB, decompress and hash";
  if (!bench.has_plugin("decompress") || !bench.has_plugin("hash"))
    return {{.workload = name, .skipped = "this build has no plugin decompress, or no hash"}};
  const fs::path zip = make_zip(bench.cache);
  check(bench, zip);
  const auto all = static_cast<unsigned>(cores().size());
  const auto columns =
      take_turns(bench.rounds, {[&] { return run(our_command(bench, zip, 1), bench.work); },
                                [&] {
                                  return run(bench.floor({"zip", zip}, true), bench.work);
                                },
                                [&] { return run(our_command(bench, zip, all), bench.work); }});
  Row row{.workload = name + ", one core", .unit = "s", .limit = 1.3};
  judge(row, columns[0], columns[1]);
  Row wide{.workload = name + ", all cores", .unit = "s", .threads = all};
  judge(wide, columns[2], columns[1]);
  Row faster{.workload = name + ", all cores / one", .unit = "s", .threads = all, .limit = 1.0};
  judge(faster, columns[2], columns[0]);
  if (all == 1) faster.skipped = wide.skipped = "there is one core only";
  return {row, wide, faster};
}

}  // namespace stoq::bench
