// SPDX-License-Identifier: Apache-2.0
//
// How much of what providers bring waits for a scan: items and bytes are bounded, and so is the room
// for their contents.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "plugins/echo_objects.h"
#include "support/eventually.h"
#include "support/objects.h"
#include "support/temporary_directory.h"

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

// A store with room for one content of this size, and none on disk.
class IntakeWithoutRoom : public testing::Test {
 protected:
  // One file of kSize fills the memory but for small ones; kTooMuch never fits.
  static constexpr size_t kSize = 600 << 10, kTooMuch = 2 << 20;
  const std::string no_room_ =
      "cannot make a spill file in /nonexistent: No such file or directory (set spill_dir)";
  const TemporaryDirectory dir_;
  const std::shared_ptr<Lines> log_ = std::make_shared<Lines>();
  std::shared_ptr<echo::ProviderObject> provider_;
  std::atomic<bool> at_work_ = false, open_ = false;

  // An item called "held" stays in work until `open_`.
  void plug(Stoq& s, std::function<void(Queue&)> ingest) {
    add_worker(s, "gate", [this](Payload& payload, Request&) {
      if (payload.payload_meta.extra_data.get("filename").string_or("") == "held") {
        at_work_ = true;
        open_.wait(false);
      }
      return WorkerResponse{};
    });
    provider_ = std::make_shared<echo::ProviderObject>(std::move(ingest));
    s.add_plugin("source", provider_);
  }
  StoqOptions options() const {
    StoqOptions o =
        quiet({{"threads", "2"}, {"store_memory", "1280KiB"}, {"spill_dir", "/nonexistent"}});
    o.always_dispatch = {"gate"};
    o.log_sink = log_;
    return o;
  }
  static PayloadMeta named(const std::string& name) {
    return {.extra_data = Json{{"filename", name}}};
  }
  void put_file(Queue& queue, const std::string& name, size_t size, uint64_t token) const {
    const std::string path = dir_.file(name, std::string(size, 'x'));
    queue.put_file(::open(path.c_str(), O_RDONLY | O_CLOEXEC), named(name), token);
  }
  void put(Queue& queue, const std::string& name, size_t size, uint64_t token) {
    put_ = queue.put(Payload(std::string(size, 'x'), named(name)), token);
  }
  void open() {
    open_ = true;
    open_.notify_all();
  }
  // Until an item waits for the room that "held" has; then that is given up.
  void expect_waits_for(Stoq& s, const std::string& name) {
    RunSummary summary;
    std::jthread run([&] { summary = s.run(); });
    EXPECT_TRUE(eventually([&] { return !log_->with("Intake waits").empty(); }));
    open();
    run.join();
    EXPECT_EQ(summary.done, 3u);
    EXPECT_EQ(summary.failed + summary.retried, 0u);
    EXPECT_THAT(log_->with("Intake"),
                testing::ElementsAre("WARNING Intake waits until there is room for " + name +
                                         " from source: " + no_room_,
                                     "WARNING Intake goes on: there is room for payloads again"));
  }
  std::atomic<bool> put_ = true;
};

TEST_F(IntakeWithoutRoom, AFileWaitsUntilOthersHaveGivenRoomUp) {
  Stoq s(options());
  plug(s, [this](Queue& queue) {
    put_file(queue, "held", kSize, 1);
    eventually([&] { return at_work_.load(); });
    put_file(queue, "second", kSize, 2);
    put_file(queue, "third", 10, 3);
  });
  expect_waits_for(s, "second");
}

TEST_F(IntakeWithoutRoom, AndSoDoesAPayload) {
  Stoq s(options());
  plug(s, [this](Queue& queue) {
    put(queue, "held", kSize, 1);
    eventually([&] { return at_work_.load(); });
    put(queue, "second", kSize + 1, 2);
    put_file(queue, "third", 10, 3);
  });
  expect_waits_for(s, "second");
}

TEST_F(IntakeWithoutRoom, APayloadThatWaitsWhenTheRunIsStoppedWasNeverTaken) {
  Stoq s(options());
  plug(s, [this](Queue& queue) {
    put(queue, "held", kSize, 1);
    eventually([&] { return at_work_.load(); });
    put(queue, "second", kSize + 1, 2);
    open();
  });
  RunSummary summary;
  std::jthread run([&] { summary = s.run(); });
  EXPECT_TRUE(eventually([&] { return !log_->with("Intake waits").empty(); }));
  s.stop();
  run.join();
  EXPECT_FALSE(put_);
  EXPECT_EQ(provider_->outcomes, "1 0 \n");
}

TEST_F(IntakeWithoutRoom, AFileThatWaitsIsPutBackWhenTheTimeToDrainIsOver) {
  StoqOptions o = options();
  o.core["drain_time"] = OptionText("10ms");
  Stoq s(std::move(o));
  plug(s, [this](Queue& queue) {
    put_file(queue, "held", kSize, 1);
    eventually([&] { return at_work_.load(); });
    put_file(queue, "second", kSize, 2);
  });
  RunSummary summary;
  std::jthread run([&] { summary = s.run(); });
  EXPECT_TRUE(eventually([&] { return !log_->with("Intake waits").empty(); }));
  s.stop();
  EXPECT_TRUE(eventually([&] { return s.progress().retried == 1; }));
  open();
  run.join();
  EXPECT_EQ(summary.retried, 2u);
  EXPECT_EQ(summary.failed, 0u);
}

// What would never be had by waiting: another run may have it.
TEST_F(IntakeWithoutRoom, WithNothingInWorkAnItemIsLeftForAnotherRun) {
  struct Source final : ArchiverPlugin {
    std::optional<Payload> get(const ArchiverResponse&) override {
      return Payload(std::string(kTooMuch, 'x'));
    }
  };
  StoqOptions o = options();
  Stoq s(std::move(o));
  plug(s, [this](Queue& queue) {
    put_file(queue, "file", kTooMuch, 1);
    put(queue, "payload", kTooMuch, 2);
    queue.put_task(Json{{"archive", Json{{"x", 1}}}}, 3);
    put_file(queue, "small", 10, 4);
  });
  s.add_plugin("archive", std::make_shared<Source>());
  const RunSummary summary = s.run();
  EXPECT_EQ(summary.done, 1u);
  EXPECT_EQ(summary.failed, 0u);
  EXPECT_EQ(summary.retried, 3u);
  EXPECT_TRUE(put_) << "intake goes on";
  using testing::HasSubstr;
  EXPECT_THAT(provider_->outcomes, HasSubstr("1 2 " + no_room_ + "\n"));
  EXPECT_THAT(provider_->outcomes, HasSubstr("2 2 " + no_room_ + "\n"));
  EXPECT_THAT(provider_->outcomes,
              HasSubstr("3 2 archiver 'archive' cannot get it: " + no_room_ + "\n"));
  EXPECT_THAT(log_->with("file from source"),
              testing::Contains("ERROR file from source is left for another run: " + no_room_));
}

TEST_F(IntakeWithoutRoom, WhatCannotBeReadHasFailed) {
  Stoq s(options());
  plug(s, [this](Queue& queue) {
    const std::string path = dir_.file("file");
    queue.put_file(::open(path.c_str(), O_WRONLY | O_CLOEXEC), named("file"), 1);
  });
  EXPECT_EQ(s.run().failed, 1u);
  EXPECT_EQ(provider_->outcomes, "1 1 cannot read: Bad file descriptor\n");
}

}  // namespace
}  // namespace stoq::test
