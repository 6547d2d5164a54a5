// SPDX-License-Identifier: Apache-2.0
//
// What the way into a host process and back costs: the same plugin called here and there.
#include <chrono>
#include <memory>
#include <stdexcept>
#include <vector>

#include "bench/bench.h"
#include "bench/samples.h"
#include "core/deliver_reply.h"
#include "core/places.h"
#include "host/remote.h"
#include "loader/native.h"

namespace stoq::bench {
namespace {

using Clock = std::chrono::steady_clock;

PluginSpec noop(const Bench& bench) {
  PluginSpec spec;
  spec.name = "noop";
  spec.folder = (bench.build / "bench/plugins/noop").string();
  spec.module = spec.folder + "/noop.so";
  spec.version = "4.0.0";
  spec.extracts = spec.changes_request = false;
  return spec;
}

class OneResult final : public DeliverReply {
 public:
  bool result(std::string_view json) override {
    got = !json.empty();
    return true;
  }
  bool got = false;
};

// Calls the plugin on payloads in turns: the content has to travel each time.
class Caller {
 public:
  Caller(Instance& plugin, size_t size) : plugin_(plugin) {
    Random random(size);
    for (int i = 0; i < 4; ++i) {
      Payload& payload = payloads_.emplace_back(made_bytes(random, size));
      payload.sha256();  // known to the engine before any plugin is called
      payload.worker_results.emplace_back();
      payload.plugins_run.emplace_back();
    }
  }

  double one() {
    OneResult reply;
    Input input{.payload = &payloads_[calls_++ % payloads_.size()], .request = &request_};
    const auto begin = Clock::now();
    plugin_.call(Op::scan, input, reply);
    const double us = std::chrono::duration<double, std::micro>(Clock::now() - begin).count();
    if (!reply.problem.empty() || !reply.got)
      throw std::runtime_error("noop gave no result: " + reply.problem);
    return us;
  }
  double some(unsigned count, Samples& all) {
    Samples here;
    for (unsigned i = 0; i < count; ++i) here.push_back(one());
    all.insert(all.end(), here.begin(), here.end());
    return median(std::move(here));
  }

 private:
  Instance& plugin_;
  std::vector<Payload> payloads_;
  Request request_;
  size_t calls_ = 0;
};

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
  const PluginSpec spec = noop(bench);
  const auto quiet = [](LogLevel, std::string_view, std::string_view) {};
  HostService service(host_program(), {}, quiet);
  const std::shared_ptr<Instance> local = load_native(spec, [](LogLevel, std::string_view) {});
  std::shared_ptr<Instance> remote;
  {
    const Pinned pinned(host_core);  // inherited by what is started
    remote = service.load(spec, {.trust = "bench"});
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
