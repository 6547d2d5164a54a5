// SPDX-License-Identifier: Apache-2.0
//
// A run that is stopped: what is finished, what is put back, and when.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "core/spool.h"
#include "plugins/echo_objects.h"
#include "support/eventually.h"
#include "support/leftovers.h"
#include "support/objects.h"
#include "support/temporary_directory.h"

namespace stoq::test {
namespace {

constexpr int kItems = 20;

// A source of items that waits for the stop when all are brought.
std::shared_ptr<echo::ProviderObject> source(std::atomic<bool>& brought, const char* content) {
  return std::make_shared<echo::ProviderObject>([&brought, content](Queue& queue) {
    for (int i = 0; i < kItems; ++i)
      queue.put(Payload(content, PayloadMeta{}), static_cast<uint64_t>(i));
    brought = true;
  });
}

size_t count(const std::string& text, const std::string& part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != text.npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST(Drain, WhatIsInTheQueueIsFinished) {
  StoqOptions o = quiet();
  o.threads = 1;
  auto sink = std::make_shared<QuietSink>();
  o.log_sink = sink;
  Stoq s(std::move(o));
  std::atomic<bool> brought = false, open = false;
  add_worker(s, "gate", [&](Payload&, Request&) {
    open.wait(false);
    return WorkerResponse{};
  });
  auto provider = source(brought, "x");
  s.add_plugin("source", provider);
  RunSummary summary;
  std::jthread run([&] { summary = s.run({.add_start_dispatch = {"gate"}}); });
  ASSERT_TRUE(eventually([&] { return brought.load(); }));
  s.stop();
  open = true;
  open.notify_all();
  run.join();
  EXPECT_EQ(summary.done, uint64_t{kItems});
  EXPECT_EQ(summary.retried, 0u);
  EXPECT_EQ(sink->lines.back(),
            "INFO stoq: The run was stopped: 20 items are done, 0 failed, 0 were put back");
}

// A plugin that never answers, with a minute for it: the end of the drain does not wait for that.
TEST(Drain, WhatTimeDoesNotAllowIsPutBack) {
  const Leftovers leftovers;
  StoqOptions o = quiet({{"drain_time", "50ms"}});
  o.plugin_dir_list = {STOQ_TEST_PLUGINS};
  o.threads = 2;
  o.plugin_opts["bad_end"] = {{"how", "loop"}};
  auto sink = std::make_shared<QuietSink>();
  o.log_sink = sink;
  std::atomic<bool> brought = false;
  auto provider = source(brought, "poison");
  auto connector = std::make_shared<echo::ConnectorObject>();
  RunSummary summary;
  {
    Stoq s(std::move(o));
    s.add_plugin("source", provider);
    s.add_plugin("saver", connector);
    std::jthread run([&] { summary = s.run({.add_start_dispatch = {"bad_end"}}); });
    ASSERT_TRUE(eventually([&] { return brought.load(); }));
    s.stop();
    run.join();
  }
  EXPECT_EQ(summary.done, 0u);
  EXPECT_EQ(summary.failed, 0u);
  EXPECT_EQ(summary.retried, uint64_t{kItems});
  EXPECT_EQ(connector->saved, "") << "what was cut short must not be delivered";
  EXPECT_EQ(count(provider->outcomes, " " + std::to_string(static_cast<int>(Outcome::retry)) +
                                          " the run was stopped, and the time to drain it was "
                                          "over\n"),
            size_t{kItems});
  EXPECT_EQ(sink->lines.back(),
            "WARNING stoq: The run was stopped: 0 items are done, 0 failed, 20 were put back");
}

TEST(Drain, AProviderThatDoesNotEndIsKilled) {
  const Leftovers leftovers;
  const TemporaryDirectory folder;
  StoqOptions o = quiet({{"drain_time", "50ms"}});
  o.plugin_dir_list = {STOQ_TEST_PLUGINS};
  o.providers = {"echo_provider"};
  o.plugin_opts["echo_provider"] = {{"items", "deaf"}, {"outcomes", folder / "outcomes"}};
  Stoq s(std::move(o));
  std::string refusal;
  std::jthread run([&] {
    try {
      s.run();
    } catch (const StoqException& e) {
      refusal = e.what();
    }
  });
  ASSERT_TRUE(eventually([&] { return std::filesystem::exists(folder / "outcomes"); }));
  s.stop();
  run.join();
  EXPECT_EQ(refusal,
            "provider:echo_provider failed: it did not end within drain_time after the stop and "
            "was killed");
}

// One scan thread, which an item holds while the response of the one before it waits for another
// attempt of its connector; until the time to drain is over, and that response was dealt with.
class DrainOfWhatWaits : public testing::Test {
 protected:
  struct Broken final : ConnectorPlugin {
    void save(const StoqResponse&) override {
      ++calls;
      throw std::runtime_error("not now");
    }
    std::atomic<int> calls = 0;
  };

  RunSummary run(const std::string& spool_dir) {
    StoqOptions o = quiet({{"drain_time", "10ms"}, {"connector_backoff", "1h"}});
    o.core["spool_dir"] = OptionText(spool_dir);
    o.threads = 1;
    Stoq s(std::move(o));
    std::atomic<bool> held = false, open = false;
    add_worker(s, "gate", [&](Payload& payload, Request&) {
      if (payload.size() == 4) {
        held = true;
        open.wait(false);
      }
      return WorkerResponse{};
    });
    provider_ = std::make_shared<echo::ProviderObject>([](Queue& queue) {
      queue.put(Payload("1"), 1);
      queue.put(Payload("held"), 2);
    });
    s.add_plugin("source", provider_);
    s.add_plugin("saver", broken_);
    RunSummary summary;
    std::jthread run([&] { summary = s.run({.add_start_dispatch = {"gate"}}); });
    EXPECT_TRUE(eventually([&] { return held.load(); }));
    s.stop();
    EXPECT_TRUE(eventually([&] {
      const std::lock_guard lock(provider_->mutex);
      return !provider_->outcomes.empty();
    }));
    open = true;
    open.notify_all();
    run.join();
    EXPECT_EQ(broken_->calls, 1) << "it is not called once more";
    return summary;
  }

  const std::shared_ptr<Broken> broken_ = std::make_shared<Broken>();
  std::shared_ptr<echo::ProviderObject> provider_;
  const std::string cut_short_ = "2 2 the run was stopped, and the time to drain it was over\n";
};

TEST_F(DrainOfWhatWaits, GoesIntoTheSpool) {
  const TemporaryDirectory dir;
  const RunSummary summary = run(dir / "spool");
  EXPECT_EQ(provider_->outcomes, "1 0 \n" + cut_short_);
  EXPECT_EQ(summary.done, 1u);
  EXPECT_EQ(summary.retried, 1u);
  EXPECT_EQ(summary.spooled, 1u);
  EXPECT_EQ(Spool({.dir = dir / "spool"}).list().at(0).header.error, "std::runtime_error: not now");
}

TEST_F(DrainOfWhatWaits, IsPutBackWhereTheSpoolDoesNotTakeIt) {
  const TemporaryDirectory dir;
  const std::string spool = dir.file("spool", "no directory");
  EXPECT_EQ(run(spool).retried, 2u);
  EXPECT_EQ(provider_->outcomes,
            "1 2 not saved by saver: std::runtime_error: not now; not kept in " + spool +
                ": Not a directory\n" + cut_short_);
}

TEST_F(DrainOfWhatWaits, IsPutBackWhereThereIsNoSpoolAndAttemptsWereLeft) {
  EXPECT_EQ(run("").retried, 2u);
  EXPECT_EQ(provider_->outcomes,
            "1 2 not saved by saver: std::runtime_error: not now\n" + cut_short_);
}

// A connector that is saving when the time to drain is over may do so; no other call is begun.
TEST(Drain, ConnectorsThatHaveNotBegunAreNotCalled) {
  struct First final : ConnectorPlugin {
    void save(const StoqResponse&) override {
      saves = true;
      open.wait(false);
    }
    std::atomic<bool> saves = false, open = false;
  };
  struct Second final : ConnectorPlugin {
    void save(const StoqResponse&) override { ++calls; }
    std::atomic<int> calls = 0;
  };
  const auto first = std::make_shared<First>();
  const auto second = std::make_shared<Second>();
  StoqOptions o = quiet({{"drain_time", "10ms"}});
  o.threads = 1;
  Stoq s(std::move(o));
  const auto provider = std::make_shared<echo::ProviderObject>([](Queue& queue) {
    queue.put(Payload("1"), 1);
    queue.put(Payload("2"), 2);
  });
  s.add_plugin("source", provider);
  s.add_plugin("first", first);
  s.add_plugin("second", second);
  RunSummary summary;
  std::jthread run([&] { summary = s.run(); });
  EXPECT_TRUE(eventually([&] { return first->saves && s.progress().taken == 2; }));
  s.stop();
  EXPECT_TRUE(eventually([&] { return s.progress().retried == 1; }));
  first->open = true;
  first->open.notify_all();
  run.join();
  EXPECT_EQ(second->calls, 0);
  EXPECT_EQ(summary.retried, 2u);
  EXPECT_EQ(provider->outcomes,
            "2 2 the run was stopped, and the time to drain it was over\n"
            "1 2 not saved by second: it was not called: the run was stopped, and the time to "
            "drain it was over\n");
}

// Many threads wait for their turn at a slow one: the end of the drain does not wait for them all.
TEST(Drain, ConnectorsInHostsToo) {
  const TemporaryDirectory folder;
  StoqOptions o = quiet({{"drain_time", "10ms"}});
  o.core["spool_dir"] = OptionText(folder / "spool");
  o.plugin_dir_list = {STOQ_TEST_PLUGINS};
  o.connectors = {"echo_connector"};
  o.plugin_opts["echo_connector"] = {{"path", folder / "saved"}, {"takes", "1000"}};
  o.threads = 6;
  Stoq s(std::move(o));
  std::atomic<int> scanned = 0;
  add_worker(s, "count", [&](Payload&, Request&) {
    ++scanned;
    return WorkerResponse{};
  });
  std::atomic<bool> brought = false;
  s.add_plugin("source", source(brought, "x"));
  RunSummary summary;
  std::jthread run([&] { summary = s.run({.add_start_dispatch = {"count"}}); });
  ASSERT_TRUE(eventually([&] { return scanned >= 6; }));
  s.stop();
  run.join();
  const size_t saved = count(read_all(folder / "saved"), "\n");
  EXPECT_LE(saved, 2u) << "of six that had come to the connector";
  EXPECT_GE(summary.spooled, 3u);
  EXPECT_EQ(summary.done, saved + summary.spooled);
  EXPECT_EQ(summary.failed, 0u);
  std::string errors;
  for (const SpoolEntry& entry : Spool({.dir = folder / "spool"}).list())
    errors += entry.header.error + "\n";
  EXPECT_EQ(
      count(errors, "it was not called: the run was stopped, and the time to drain it was over"),
      summary.spooled);
}

TEST(Drain, NorIsATaskFetched) {
  struct Archive final : ArchiverPlugin {
    std::optional<Payload> get(const ArchiverResponse&) override {
      fetches = true;
      open.wait(false);
      ++calls;
      return Payload("fetched");
    }
    std::atomic<bool> fetches = false, open = false;
    std::atomic<int> calls = 0;
  };
  const auto archive = std::make_shared<Archive>();
  StoqOptions o = quiet({{"drain_time", "10ms"}});
  o.threads = 1;
  Stoq s(std::move(o));
  const auto provider = std::make_shared<echo::ProviderObject>([](Queue& queue) {
    const Json key{{"x", 1}};
    queue.put_task(Json{{"archive", key}, {"other", key}}, 1);
    queue.put_task(Json{{"archive", key}}, 2);
  });
  s.add_plugin("source", provider);
  s.add_plugin("archive", archive);
  s.add_plugin("other", archive);
  RunSummary summary;
  std::jthread run([&] { summary = s.run(); });
  EXPECT_TRUE(eventually([&] { return archive->fetches && s.progress().taken == 2; }));
  s.stop();
  EXPECT_TRUE(eventually([&] { return s.progress().retried == 1; }));
  archive->open = true;
  archive->open.notify_all();
  run.join();
  EXPECT_EQ(archive->calls, 1);
  EXPECT_EQ(summary.retried, 2u);
  EXPECT_EQ(
      count(provider->outcomes, " 2 the run was stopped, and the time to drain it was over\n"), 2u);
}

}  // namespace
}  // namespace stoq::test
