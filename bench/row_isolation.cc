// SPDX-License-Identifier: Apache-2.0
//
// What it costs to end a plugin that never answers, and to give each call a host of its own.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <memory>
#include <thread>

#include "bench/host_caller.h"
#include "core/places.h"

namespace stoq::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double kDeadline = 200;  // milliseconds

double since(Clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

void quiet(LogLevel, std::string_view, std::string_view) {}

// A plugin that gets stuck, and its next answer in another host.
class Stuck {
 public:
  explicit Stuck(const Bench& bench)
      : service_(std::make_shared<RootTemplate>(host_program()), {}, quiet, {}) {
    IsolationPolicy policy = shipped();
    policy.deadline = kDeadline / 1000;
    plugin_ = service_.load(own_plugin(bench, "stuck"), policy);
    next();
  }
  // From the deadline to the return of the call: by then the host has ended.
  double killed() {
    std::string problem;
    const double ms = timed_call(*plugin_, stuck_, problem) / 1000;
    if (problem.find("deadline: it did not answer within 0.2 s and was killed") == problem.npos)
      throw std::runtime_error("it was not killed at its deadline: " + problem);
    return ms - kDeadline;
  }
  double next() {
    std::string problem;
    const double ms = timed_call(*plugin_, good_, problem) / 1000;
    if (!problem.empty()) throw std::runtime_error("the answer after a kill failed: " + problem);
    return ms;
  }

 private:
  HostService service_;
  std::shared_ptr<Instance> plugin_;
  Payload stuck_ = ready("stuck"), good_ = ready("good");
};

pid_t spinning_child() {
  const pid_t child = fork();
  if (child == 0)
    for (volatile unsigned turns = 0;;) turns = turns + 1;
  return child;
}

// Nothing but a wait, a kill and the kernel's work; then another process, as the next call needs it.
double bare_kill(bool and_next) {
  const auto begin = Clock::now();
  const pid_t child = spinning_child();
  std::this_thread::sleep_until(begin + std::chrono::milliseconds(static_cast<int>(kDeadline)));
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  if (and_next) {
    const pid_t next = fork();
    if (next == 0) _exit(0);
    waitpid(next, nullptr, 0);
  }
  return since(begin) - kDeadline;
}

Row kill_under_load(const Bench& bench) {
  Row row{.workload = "(i) kill: from the deadline to the end, all cores busy", .unit = "ms"};
  row.measure = Measure::ours;
  row.limit = 50;
  std::atomic<bool> enough = false;
  std::vector<std::jthread> load;
  for (size_t i = 0; i < cores().size(); ++i)
    load.emplace_back([&] {
      for (volatile unsigned turns = 0; !enough;) turns = turns + 1;
    });
  struct Rest {
    std::atomic<bool>& enough;
    ~Rest() { enough = true; }
  } rest{enough};
  Stuck stuck(bench);
  Samples all;
  const auto columns = take_turns(bench.rounds, {[&] {
                                                   all.push_back(stuck.killed());
                                                   stuck.next();
                                                   return all.back();
                                                 },
                                                 [&] { return bare_kill(false); }});
  judge(row, columns[0], columns[1]);
  row.p99 = quantile(all, 0.99);
  return row;
}

Row kill_and_go_on(const Bench& bench) {
  Row row{.workload = "(i) kill: from the deadline to the next answer", .unit = "ms"};
  row.measure = Measure::ours;
  row.limit = 5;
  Stuck stuck(bench);
  const auto columns = take_turns(bench.rounds, {[&] {
                                                   const double late = stuck.killed();
                                                   return late + stuck.next();
                                                 },
                                                 [&] { return bare_kill(true); }});
  judge(row, columns[0], columns[1]);
  return row;
}

Row fresh_host(const Bench& bench, size_t size, const std::string& words) {
  Row row{.workload = "(i) call in a fresh host, " + words + ", beside a kept one", .unit = "us"};
  row.measure = Measure::difference;
  row.limit = 2000;
  HostService service(std::make_shared<RootTemplate>(host_program()), {}, quiet, {});
  const PluginSpec spec = own_plugin(bench, "noop");
  const auto fresh = service.load(spec, shipped(true));
  const auto kept = service.load(spec, shipped());
  Caller of_fresh(*fresh, size), of_kept(*kept, size);
  const unsigned count = bench.quick ? 20 : 50;
  Samples fresh_calls, kept_calls;
  const auto columns = take_turns(bench.rounds, {[&] { return of_fresh.some(count, fresh_calls); },
                                                 [&] { return of_kept.some(count, kept_calls); }});
  judge(row, columns[0], columns[1]);
  row.p99 = quantile(fresh_calls, 0.99) - median(kept_calls);
  return row;
}

}  // namespace

Rows isolation_rows(const Bench& bench) {
  return {kill_under_load(bench), kill_and_go_on(bench), fresh_host(bench, 1 << 10, "1 KiB"),
          fresh_host(bench, 1 << 20, "1 MiB")};
}

}  // namespace stoq::bench
