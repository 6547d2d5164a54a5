// SPDX-License-Identifier: Apache-2.0
//
// How much of what providers bring waits for a scan: items and bytes are bounded.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "plugins/echo_objects.h"
#include "support/eventually.h"
#include "support/objects.h"

namespace stoq::test {
namespace {

constexpr int kItems = 20;

// While the engine's one thread is at the first item of 100 bytes so many more are taken, and no
// others; all of them are scanned in the end.
void expect_taken(int count, std::map<std::string, std::string> core) {
  StoqOptions o = quiet(std::move(core));
  o.threads = 1;
  Stoq s(std::move(o));
  std::atomic<bool> at_work = false, open = false;
  std::atomic<int> put = 0;
  add_worker(s, "gate", [&](Payload&, Request&) {
    at_work = true;
    open.wait(false);
    return WorkerResponse{};
  });
  s.add_plugin("source", std::make_shared<echo::ProviderObject>([&](Queue& queue) {
                 queue.put(Payload(std::string(100, 'x'), PayloadMeta{}), 0);
                 eventually([&] { return at_work.load(); });
                 for (uint64_t i = 1; i < kItems; ++i) {
                   queue.put(Payload(std::string(100, 'x'), PayloadMeta{}), i);
                   ++put;
                 }
               }));
  RunSummary summary;
  std::jthread run([&] { summary = s.run({.add_start_dispatch = {"gate"}}); });
  EXPECT_TRUE(eventually([&] { return put >= count; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_EQ(put, count);
  open = true;
  open.notify_all();
  run.join();
  EXPECT_EQ(summary.done, uint64_t{kItems});
}

TEST(Intake, WaitsWhenThereAreManyItems) {
  expect_taken(5, {{"max_queue", "5"}});
}

TEST(Intake, WaitsWhenTheyHaveManyBytes) {
  expect_taken(3, {{"max_queue_bytes", "350"}});
}

TEST(Intake, TakesOneItemHoweverLong) {
  expect_taken(1, {{"max_queue_bytes", "50"}});
}

}  // namespace
}  // namespace stoq::test
