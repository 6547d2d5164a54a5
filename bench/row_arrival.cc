// SPDX-License-Identifier: Apache-2.0
//
// From the close of a small file in a watched directory to its result.
#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

#include "bench/bench.h"
#include "stoq/stoq.h"

namespace stoq::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

size_t files_in(const fs::path& directory) {
  std::error_code ec;
  size_t files = 0;
  for (fs::directory_iterator at(directory, ec), end; !ec && at != end; at.increment(ec))
    files += at->path().filename().native()[0] != '.';
  return files;
}

}  // namespace

Rows arrival_rows(const Bench& bench) {
  Row row{.workload = "(h) dirmon, from close of a file to its saved result", .unit = "ms"};
  row.measure = Measure::ours;
  row.limit = 20;
  const fs::path source = bench.work / "arrivals", results = bench.work / "results",
                 copies = bench.work / "copies";
  for (const fs::path& directory : {source, results, copies}) fs::create_directories(directory);
  Stoq stoq({.base_dir = (bench.work / "home").string(),
             .log_dir = "",
             .log_level = "error",
             .plugin_opts = {{"dirmon", {{"source_dir", source.string()}}},
                             {"filedir", {{"results_dir", results.string()}}}},
             .providers = {"dirmon"},
             .connectors = {"filedir"},
             .always_dispatch = {"hash"}});
  std::jthread running([&] { stoq.run(); });
  struct Stop {
    Stoq& stoq;
    ~Stop() { stoq.stop(); }
  } stop{stoq};

  // When the watch is in place nobody says: files come in until one is taken.
  size_t written = 0;
  const auto write = [&](const fs::path& directory) {
    std::ofstream(directory / ("file" + std::to_string(written++))) << "small " << written;
  };
  const auto give_up = Clock::now() + std::chrono::seconds(20);
  while (files_in(results) == 0) {
    if (Clock::now() > give_up) throw std::runtime_error("no file was taken");
    write(source);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  std::this_thread::sleep_for(std::chrono::milliseconds(500));

  Samples calls;
  const auto arrival = [&] {
    Samples here;
    for (int i = 0; i < 20; ++i) {
      const size_t before = files_in(results);
      write(source);
      const auto begin = Clock::now();
      while (files_in(results) == before) {
        if (Clock::now() > begin + std::chrono::seconds(5))
          throw std::runtime_error("a file was not taken");
        std::this_thread::sleep_for(std::chrono::microseconds(100));
      }
      here.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    }
    calls.insert(calls.end(), here.begin(), here.end());
    return median(std::move(here));
  };
  const auto copy = [&] {
    const auto begin = Clock::now();
    for (int i = 0; i < 20; ++i) write(copies);
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count() / 20;
  };
  const auto columns = take_turns(bench.rounds, {arrival, copy});
  judge(row, columns[0], columns[1]);
  row.p99 = quantile(calls, 0.99);
  return {row};
}

}  // namespace stoq::bench
