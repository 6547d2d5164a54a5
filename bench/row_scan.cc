// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <stdexcept>

#include "bench/bench.h"
#include "bench/digests.h"
#include "bench/samples.h"
#include "stoq/stoq.h"

namespace stoq::bench {
namespace {

using Clock = std::chrono::steady_clock;

template <class F>
double timed(F&& call, Samples& all) {
  Samples here;
  for (int i = 0; i < 4000; ++i) {
    const auto begin = Clock::now();
    call();
    here.push_back(std::chrono::duration<double, std::micro>(Clock::now() - begin).count());
  }
  all.insert(all.end(), here.begin(), here.end());
  return median(std::move(here));
}

}  // namespace

Rows scan_rows(const Bench& bench) {
  Row row{.workload = "(a) scan of 1 KiB with hash, from C++", .unit = "us"};
  row.measure = Measure::difference;
  row.limit = 3;
  const Pinned pinned(cores().front());
  Stoq stoq(
      {.base_dir = (bench.work / "home").string(), .log_dir = "", .always_dispatch = {"hash"}});
  Random random(1);
  const std::string content = made_bytes(random, 1024);
  Digests digests;
  volatile uint8_t kept = 0;

  if (stoq.scan(content).results.at(0).workers.at(0)["hash"].is_null())
    throw std::runtime_error("the scan gave no hashes");
  Samples ours_calls, floor_calls;
  const auto columns = take_turns(
      bench.rounds,
      {[&] { return timed([&] { stoq.scan(content); }, ours_calls); },
       [&] { return timed([&] { kept = digests.of(bytes_of(content)); }, floor_calls); }});
  judge(row, columns[0], columns[1]);
  row.p99 = quantile(ours_calls, 0.99) - median(floor_calls);
  return {row};
}

}  // namespace stoq::bench
