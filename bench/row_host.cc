// SPDX-License-Identifier: Apache-2.0
//
// What the way into a host process and back costs: the same plugin called here and there.
#include <memory>

#include "bench/host_caller.h"
#include "core/places.h"
#include "loader/native.h"

namespace stoq::bench {
namespace {

Row compare(const Bench& bench, Instance& remote, Instance& local, size_t size, double limit,
            bool one_core) {
  const std::string kib = size < 1 << 20 ? std::to_string(size >> 10) + " KiB" : "1 MiB";
  Row row{.workload =
              "(f) call into a host process, " + kib + (one_core ? ", one core" : ", two cores"),
          .unit = "us"};
  row.measure = Measure::difference;
  if (one_core) row.limit = limit;
  const unsigned count = (size < 1 << 20 ? 2000u : 400u) / (bench.quick ? 2 : 1);
  Caller there(remote, size), here(local, size);
  Samples there_calls, here_calls;
  const auto columns = take_turns(bench.rounds, {[&] { return there.some(count, there_calls); },
                                                 [&] { return here.some(count, here_calls); }});
  judge(row, columns[0], columns[1]);
  row.p99 = quantile(there_calls, 0.99) - median(here_calls);
  return row;
}

// The host lives on `host_core`, the caller on the first core.
void measure(const Bench& bench, int host_core, bool one_core, Rows& rows) {
  const PluginSpec spec = own_plugin(bench, "noop");
  const auto quiet = [](LogLevel, std::string_view, std::string_view) {};
  HostService service(std::make_shared<RootTemplate>(host_program()), {}, quiet, {});
  const std::shared_ptr<Instance> local = load_native(spec, [](LogLevel, std::string_view) {});
  std::shared_ptr<Instance> remote;
  {
    const Pinned pinned(host_core);  // inherited by what is started
    remote = service.load(spec, shipped());
    Caller(*remote, 1024).one();
  }
  const Pinned pinned(cores().front());
  rows.push_back(compare(bench, *remote, *local, 1 << 10, 25, one_core));
  rows.push_back(compare(bench, *remote, *local, 64 << 10, 30, one_core));
  rows.push_back(compare(bench, *remote, *local, 1 << 20, 80, one_core));
}

}  // namespace

Rows host_rows(const Bench& bench) {
  Rows rows;
  measure(bench, cores().front(), true, rows);
  if (cores().size() > 1) measure(bench, cores().back(), false, rows);
  return rows;
}

}  // namespace stoq::bench
