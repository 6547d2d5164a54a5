// SPDX-License-Identifier: Apache-2.0
//
// What Python costs on top of the engine, and what several cores give to plugins written in it.
#include <chrono>
#include <fstream>
#include <stdexcept>

#include "bench/bench.h"
#include "bench/samples.h"
#include "bench/tree_run.h"
#include "stoq/stoq.h"

namespace stoq::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// What python_calls.py measures under that name, in a process of its own.
double in_python(const Bench& bench, const char* name, bool one_core = true) {
  const fs::path out = bench.work / "measured";
  run({{"/usr/bin/python3", "-B", bench.build / "bench/python_calls.py", bench.build / "python",
        bench.work / "home", name},
       out,
       one_core},
      bench.work);
  double number = 0;
  if (!(std::ifstream(out) >> number))
    throw std::runtime_error(std::string("python_calls.py gave no number for ") + name);
  return number;
}

// The same as `scan` there.
class FromCpp {
 public:
  explicit FromCpp(const Bench& bench)
      : stoq_({.base_dir = (bench.work / "home").string(),
               .log_dir = "",
               .always_dispatch = {"hash"}}) {
    Random random(1);
    content_ = made_bytes(random, 1024);
  }
  double measure() {
    const Pinned pinned(cores().front());
    Samples calls;
    for (int i = 0; i < 2000; ++i) {
      const auto begin = Clock::now();
      stoq_.scan(content_);
      calls.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
    }
    return median(std::move(calls));
  }

 private:
  Stoq stoq_;
  std::string content_;
};

Row call_row(const Bench& bench, Row row, const char* ours, const std::function<double()>& floor) {
  const auto columns = take_turns(bench.rounds, {[&] { return in_python(bench, ours); }, floor});
  judge(row, columns[0], columns[1]);
  return row;
}

Row thread_row(const Bench& bench) {
  Row row{.workload = "(k) scans of 256 KiB, two Python threads beside one",
          .unit = "us",
          .threads = 2,
          .limit = 1 / 1.7};
  if (cores().size() < 2) {
    row.skipped = "there is one core only";
    return row;
  }
  const auto columns =
      take_turns(bench.rounds, {[&] { return in_python(bench, "two threads", false); },
                                [&] { return in_python(bench, "one thread", false); }});
  judge(row, columns[0], columns[1]);
  return row;
}

Row host_row(const Bench& bench) {
  Row row{.workload = "(k) stoq run, a busy Python worker, two cores / one",
          .unit = "s",
          .threads = 2,
          .limit = 1 / 1.8};
  if (cores().size() < 2) {
    row.skipped = "there is one core only";
    return row;
  }
  const fs::path source = bench.work / "numbers";
  fs::create_directories(source);
  for (int i = 0; i < 200; ++i) std::ofstream(source / std::to_string(i)) << "number " << i;
  TreeRun run(bench, source, {"spin"}, {"--plugin-dir", (bench.build / "bench/plugins").string()});
  const auto columns = take_turns(std::max(1u, bench.rounds / 3),
                                  {[&] { return run.ours(2); }, [&] { return run.ours(1); }});
  judge(row, columns[0], columns[1]);
  return row;
}

}  // namespace

Rows python_rows(const Bench& bench) {
  FromCpp cpp(bench);
  const auto floor = [&](const char* name) {
    return [&bench, name] { return in_python(bench, name); };
  };
  return {call_row(bench,
                   {.workload = "(k) scan of 1 KiB with hash, Python beside C++",
                    .unit = "us",
                    .limit = 1 / 0.6},
                   "scan", [&] { return cpp.measure(); }),
          call_row(bench,
                   {.workload = "(k) a Python worker that does nothing, in process",
                    .unit = "us",
                    .measure = Measure::difference,
                    .limit = 6},
                   "idle", floor("bare")),
          call_row(bench,
                   {.workload = "(k) memoryview of a payload, 10 MiB beside 1 KiB",
                    .unit = "us",
                    .measure = Measure::difference,
                    .limit = 100},
                   "large view", floor("small view")),
          thread_row(bench), host_row(bench)};
}

}  // namespace stoq::bench
