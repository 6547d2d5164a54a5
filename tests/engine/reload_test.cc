// SPDX-License-Identifier: Apache-2.0
//
// Generations that are swapped: what a reload takes, what it leaves, and what becomes of the old one.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "core/spool.h"
#include "plugins/echo_objects.h"
#include "support/eventually.h"
#include "support/leftovers.h"
#include "support/objects.h"
#include "support/process_tree.h"
#include "support/temporary_directory.h"

namespace stoq::test {
namespace {

// A Stoq that goes by a stoq.cfg, and what it logs.
class Configured {
 public:
  explicit Configured(const std::string& config, StoqOptions options = {}) {
    write(config);
    options.base_dir = home_.path();
    options.log_dir = "";
    options.log_sink = sink_;
    options.plugin_dir_list = {STOQ_TEST_PLUGINS};
    stoq_ = std::make_unique<Stoq>(std::move(options));
  }
  void write(const std::string& config) { home_.file("stoq.cfg", config); }
  std::string file() const { return home_ / "stoq.cfg"; }
  Stoq* operator->() { return stoq_.get(); }
  const std::string& last_line() const { return sink_->lines.back(); }
  const std::vector<std::string>& lines() const { return sink_->lines; }

  // What a refused reload says; it says the same in the log.
  std::string refusal() {
    try {
      stoq_->reload();
    } catch (const StoqException& e) {
      EXPECT_EQ(last_line(), std::string("ERROR stoq: Nothing is reloaded, what was in force "
                                         "stays: ") +
                                 e.what());
      return e.what();
    }
    return "reloaded";
  }

 private:
  TemporaryDirectory home_;
  std::shared_ptr<QuietSink> sink_ = std::make_shared<QuietSink>();
  std::unique_ptr<Stoq> stoq_;
};

Names workers_of(const StoqResponse& r) {
  return r.results.at(0).plugins_run.workers.at(0);
}

// Lets a call wait in the middle of a request.
struct Gate {
  std::atomic<bool> reached = false, open = false;
  void pass() {
    reached = true;
    open.wait(false);
  }
  void let_go() {
    open = true;
    open.notify_all();
  }
};

TEST(Reload, TakesConfigurationAnew) {
  Configured s("[core]\nalways_dispatch = echo_second\n");
  EXPECT_EQ(workers_of(s->scan("x")), Names{"echo_second"});
  s.write("[core]\nalways_dispatch = echo_worker, echo_second\nmax_recursion = 0\n");
  EXPECT_EQ(workers_of(s->scan("x")), Names{"echo_second"});
  s->reload();
  EXPECT_EQ(workers_of(s->scan("x")), (Names{"echo_worker", "echo_second"}));
  EXPECT_EQ(s.last_line(),
            "INFO stoq: Configuration and plugins are reloaded: 2 plugins are in force");
}

TEST(Reload, ArgumentsStillComeFirst) {
  StoqOptions o;
  o.always_dispatch = {"echo_second"};
  Configured s("[core]\nalways_dispatch = echo_worker\n", std::move(o));
  s.write("[core]\nalways_dispatch = echo_worker, bad_throw\n");
  s->reload();
  EXPECT_EQ(workers_of(s->scan("x")), Names{"echo_second"});
}

TEST(Reload, BrokenConfigurationLeavesTheOldInForce) {
  Configured s("[core]\nalways_dispatch = echo_second\n");
  s.write("[core]\nalways_dispatch = echo_worker\nmax_payloads = lots\n");
  EXPECT_EQ(s.refusal(), s.file() + ":3: max_payloads: 'lots' is not an integer");
  s.write("[core]\nalways_dispatch = nosuch\n");
  EXPECT_EQ(s.refusal(), "The plugin \"nosuch\" is invalid or does not exist in your plugin path");
  std::filesystem::remove(s.file());
  EXPECT_EQ(s.refusal(),
            s.file() + ": it is not there any more; put it back, or start anew without it");
  EXPECT_EQ(workers_of(s->scan("x")), Names{"echo_second"});
  s.write("[core]\nalways_dispatch = echo_worker\n");
  EXPECT_EQ(s.refusal(), "reloaded");
  EXPECT_EQ(workers_of(s->scan("x")), Names{"echo_worker"});
}

TEST(Reload, APluginThatRefusesLeavesTheOldInForce) {
  const Leftovers leftovers;
  Configured s("[core]\nalways_dispatch = bad_end, echo_second\n[bad_end]\nhow = exit\n");
  s.write(
      "[core]\nalways_dispatch = bad_end, echo_worker\n[bad_end]\nhow = exit\nin_create = yes\n");
  EXPECT_EQ(s.refusal(), "plugin 'bad_end' (" STOQ_TEST_PLUGINS
                         "/bad_end/bad_end.stoq) cannot be loaded: it ended the process that "
                         "loaded it by exit status 0");
  EXPECT_EQ(workers_of(s->scan("x")), (Names{"bad_end", "echo_second"}));
}

TEST(Reload, WhatWasLoadedWhenAskedForIsLoadedAgain) {
  Configured s("[core]\n");
  EXPECT_TRUE(s->scan("x", {.add_start_dispatch = {"bad_end"}}).errors.empty());
  s.write("[core]\n[bad_end]\nin_create = yes\nhow = exit\n");
  EXPECT_NE(s.refusal(), "reloaded");
  EXPECT_TRUE(s->scan("x", {.add_start_dispatch = {"bad_end"}}).errors.empty());
}

// A module in the engine's own process that was replaced on the disk: the new one is what counts.
TEST(Reload, ModulesInProcessAreReadAgain) {
  namespace fs = std::filesystem;
  const TemporaryDirectory plugins;
  const fs::path folder = plugins / "echo_second", from = STOQ_TEST_PLUGINS;
  fs::create_directories(folder);
  fs::copy(from / "echo_second/echo_second.stoq", folder);
  fs::copy(from / "echo_second/echo_second.so", folder);
  StoqOptions o = quiet();
  o.plugin_dir_list = {plugins.path()};
  o.always_dispatch = {"echo_second"};
  o.plugin_opts["echo_second"]["isolation"] = "none";
  Stoq s(std::move(o));
  s.reload();
  fs::copy(from / "echo_worker/echo_worker.so", plugins / "new.so");
  fs::rename(plugins / "new.so", folder / "echo_second.so");
  try {
    s.reload();
    FAIL() << "the old module was taken";
  } catch (const StoqPluginException& e) {
    EXPECT_EQ(std::string(e.what()),
              "plugin 'echo_second' (" + (folder / "echo_second.stoq").string() +
                  ") cannot be loaded: its module calls itself 'echo_worker', its manifest "
                  "'echo_second'; make them the same");
  }
  EXPECT_TRUE(s.scan("x").errors.empty());
}

// A worker that nobody but a scan has named would be missed on every payload from there on.
TEST(Reload, APluginThatIsGoneLeavesTheOldInForce) {
  namespace fs = std::filesystem;
  const TemporaryDirectory plugins, elsewhere;
  const fs::path folder = plugins / "echo_second", from = STOQ_TEST_PLUGINS;
  fs::create_directories(folder);
  fs::copy(from / "echo_second/echo_second.stoq", folder);
  fs::copy(from / "echo_second/echo_second.so", folder);
  StoqOptions o = quiet();
  o.plugin_dir_list = {plugins.path()};
  Stoq s(std::move(o));
  s.load_plugin("echo_second");
  fs::rename(folder, elsewhere / "echo_second");
  try {
    s.reload();
    ADD_FAILURE() << "it was reloaded";
  } catch (const StoqException& e) {
    EXPECT_EQ(std::string(e.what()),
              "plugin 'echo_second', which is loaded, is not there any more; put it back, or start "
              "anew without it");
  }
  EXPECT_TRUE(s.scan("x", {.add_start_dispatch = {"echo_second"}}).errors.empty());
}

TEST(Reload, ObjectsStay) {
  Configured s("[core]\nalways_dispatch = echo_second\n");
  add_worker(*s.operator->(), "mine", size_worker);
  auto connector = std::make_shared<echo::ConnectorObject>();
  s->add_plugin("saver", connector);
  add_worker(*s.operator->(), "bad_end", size_worker);  // in place of a plugin, which need not load
  s.write("[core]\nalways_dispatch = echo_worker\n[bad_end]\nin_create = yes\n");
  s->reload();
  const StoqResponse r = s->scan("poison", {.add_start_dispatch = {"mine", "bad_end"}});
  EXPECT_EQ(workers_of(r), (Names{"mine", "bad_end", "echo_worker"}));
  EXPECT_TRUE(r.errors.empty());
  EXPECT_NE(connector->saved, "");
}

TEST(Reload, SettingsThatOnlyAStartTakesAreNamed) {
  Configured s("[core]\n");
  s.write("[core]\nthreads = 999\nspill_dir = /tmp\nmax_recursion = 1\ndurable = true\n");
  s->reload();
  EXPECT_EQ(s.lines().at(s.lines().size() - 2),
            "WARNING stoq: these settings have changed, and are taken when stoQ is started the "
            "next time: threads, spill_dir, durable");
}

// A request waits in the middle of its work while all is exchanged, and names a worker later that
// nobody had loaded.
TEST(Reload, RequestsEndAsTheyBeganAndTheirProcessesWithThem) {
  const Leftovers leftovers;
  Configured s("[core]\nalways_dispatch = bad_end, echo_second\n[bad_end]\nhow = segfault\n");
  Gate gate;
  add_worker(*s.operator->(), "gate", [&](Payload&, Request&) {
    gate.pass();
    return WorkerResponse{.extracted = {{"poison", {}}}};
  });
  s->scan("x");
  const std::vector<TreeProcess> before = descendants("stoq-host");
  StoqResponse old;
  std::jthread request([&] { old = s->scan("x", {.add_start_dispatch = {"gate"}}); });
  ASSERT_TRUE(eventually([&] { return gate.reached.load(); }));

  s.write("[core]\nalways_dispatch = bad_end\n[bad_end]\nhow = exit\n");
  s->reload();
  const StoqResponse now = s->scan("poison");
  EXPECT_EQ(workers_of(now), Names{"bad_end"});
  EXPECT_NE(errors_of(now, "bad_end").at(1).find("exit status 0"), std::string::npos);

  // But for the template that all others come from, which is this process' own child.
  const auto old_processes = [&] {
    const std::vector<TreeProcess> all = descendants("stoq-host");
    return std::count_if(all.begin(), all.end(), [&](const TreeProcess& p) {
      return p.parent != getpid() &&
             std::any_of(before.begin(), before.end(),
                         [&](const TreeProcess& b) { return b.pid == p.pid; });
    });
  };
  EXPECT_GT(old_processes(), 0);
  gate.let_go();
  request.join();
  EXPECT_EQ(workers_of(old), (Names{"gate", "bad_end", "echo_second"}));
  EXPECT_NE(errors_of(old, "bad_end").at(1).find("SIGSEGV"), std::string::npos);
  EXPECT_TRUE(soon([&] { return old_processes() == 0; }));
}

TEST(Reload, LeavesNoProcessOrDescriptor) {
  const Leftovers leftovers;
  const TemporaryDirectory saved;
  Configured s(
      "[core]\nalways_dispatch = echo_worker, bad_end\nconnectors = echo_connector\n"
      "[echo_connector]\npath = " +
      saved / "responses" + "\n");
  const auto turn = [&] {
    s->reload();
    s->scan("x");
  };
  turn();
  size_t processes = 0;
  const auto settled = [&] { return descendants("stoq-host").size() == processes; };
  // Old ones go without being waited for: take the number when it stands.
  ASSERT_TRUE(soon([&] {
    const size_t last = std::exchange(processes, descendants("stoq-host").size());
    return last == processes;
  }));
  const size_t descriptors = open_descriptors();
  for (int i = 0; i < 5; ++i) turn();
  EXPECT_TRUE(soon(settled)) << descendants("stoq-host").size() << " instead of " << processes;
  EXPECT_EQ(open_descriptors(), descriptors);
}

TEST(Reload, TheNextItemsOfARunUseTheNewOne) {
  Configured s("[core]\nalways_dispatch = echo_second\n");
  Gate gate;
  std::mutex mutex;
  std::vector<Names> seen;
  struct Collector final : ConnectorPlugin {
    std::function<void(const StoqResponse&)> take;
    void save(const StoqResponse& response) override { take(response); }
  };
  auto collector = std::make_shared<Collector>();
  collector->take = [&](const StoqResponse& response) {
    const std::lock_guard lock(mutex);
    seen.push_back(workers_of(response));
    gate.reached = true;
  };
  s->add_plugin("collector", collector);
  s->add_plugin("source", std::make_shared<echo::ProviderObject>([&](Queue& queue) {
                  queue.put(Payload("first"), 1);
                  gate.open.wait(false);
                  queue.put(Payload("second"), 2);
                }));
  RunSummary summary;
  std::jthread run([&] { summary = s->run(); });
  ASSERT_TRUE(eventually([&] { return gate.reached.load(); }));
  s.write("[core]\nalways_dispatch = echo_worker\n");
  s->reload();
  gate.let_go();
  run.join();
  EXPECT_EQ(summary.done, 2u);
  EXPECT_EQ(seen, (std::vector<Names>{{"echo_second"}, {"echo_worker"}}));
}

// What a connector did not save waits for the newest one of that name, in the spool …
TEST(Reload, WhatLiesInTheSpoolIsTriedAtOnceByTheConnectorReadAnew) {
  const TemporaryDirectory dir;
  const std::string spool = dir / "spool", saved = dir / "saved";
  const auto config = [&](const std::string& path) {
    return "[core]\nconnectors = echo_connector\nconnector_attempts = 1\nconnector_backoff = 1h\n"
           "spool_dir = " +
           spool + "\n[echo_connector]\npath = " + path + "\n";
  };
  const auto waiting = [&] { return Spool({.dir = spool}).names().size(); };
  Configured s(config(dir / "missing/saved"));
  bool spooled = false, emptied = false;
  s->add_plugin("source", std::make_shared<echo::ProviderObject>([&](Queue& queue) {
                  queue.put(Payload("x"), 1);
                  spooled = eventually([&] { return waiting() == 1; });
                  s.write(config(saved));
                  s->reload();
                  emptied = eventually([&] { return waiting() == 0; });
                }));
  const RunSummary summary = s->run();
  EXPECT_TRUE(spooled);
  EXPECT_TRUE(emptied);
  EXPECT_EQ(summary.done, 1u);
  EXPECT_EQ(summary.spooled, 0u);
  EXPECT_NE(read_all(saved), "");
}

// … or in memory.
TEST(Reload, FurtherAttemptsAreThoseOfTheNewestConnector) {
  struct Broken final : ConnectorPlugin {
    void save(const StoqResponse&) override {
      ++calls;
      throw std::runtime_error("the address is wrong");
    }
    std::atomic<int> calls = 0;
  };
  Configured s("[core]\nconnector_attempts = 100\nconnector_backoff = 1ms\n");
  const auto broken = std::make_shared<Broken>();
  const auto mended = std::make_shared<echo::ConnectorObject>();
  s->add_plugin("saver", broken);
  s->add_plugin("source", std::make_shared<echo::ProviderObject>([&](Queue& queue) {
                  queue.put(Payload("x"), 1);
                  eventually([&] { return broken->calls > 0; });
                  s->add_plugin("saver", mended);
                }));
  const RunSummary summary = s->run();
  EXPECT_EQ(summary.done, 1u);
  EXPECT_EQ(summary.spooled, 0u);
  EXPECT_NE(mended->saved, "");
}

// Requests in many threads while generations come and go.
TEST(Reload, UnderLoad) {
  const Leftovers leftovers;
  Configured s("[core]\nalways_dispatch = echo_worker, echo_second\n");
  std::atomic<bool> ending = false;
  std::atomic<int> scans = 0;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&] {
      while (!ending) {
        const StoqResponse r = s->scan("x");
        EXPECT_TRUE(r.errors.empty()) << r.dumps();
        EXPECT_EQ(workers_of(r), (Names{"echo_worker", "echo_second"}));
        ++scans;
      }
    });
  for (int i = 0; i < 5; ++i) {
    const int before = scans;
    s->reload();
    EXPECT_TRUE(eventually([&] { return scans > before + 10; }));
  }
  ending = true;
}

}  // namespace
}  // namespace stoq::test
