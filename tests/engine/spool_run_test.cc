// SPDX-License-Identifier: Apache-2.0
//
// What becomes of responses that a connector does not save.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <regex>

#include "core/spool.h"
#include "plugins/echo_objects.h"
#include "support/eventually.h"
#include "support/objects.h"
#include "support/temporary_directory.h"

namespace stoq::test {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::MatchesRegex;
using testing::Not;
using testing::SizeIs;

// Throws where `fails` says so; counts what it has saved by payload.
class Store final : public ConnectorPlugin {
 public:
  void save(const StoqResponse& response) override {
    const std::string file =
        response.results.at(0).payload_meta.extra_data.get("filename").string_or("?");
    const std::lock_guard lock(mutex_);
    ++calls_;
    if (down || file == poison) throw std::runtime_error("not now");
    ++saved_[file];
  }
  std::map<std::string, int> saved() const {
    const std::lock_guard lock(mutex_);
    return saved_;
  }
  int calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

  std::atomic<bool> down = false;
  std::string poison;  // is never saved

 private:
  mutable std::mutex mutex_;
  int calls_ = 0;
  std::map<std::string, int> saved_;
};

std::map<std::string, int> each_once(int items) {
  std::map<std::string, int> all;
  for (int i = 1; i <= items; ++i) all["f" + std::to_string(i)] = 1;
  return all;
}

class SpoolRun : public testing::Test {
 protected:
  const TemporaryDirectory dir_;
  const std::string spool_ = dir_ / "spool";
  const std::shared_ptr<Lines> log_ = std::make_shared<Lines>();
  const std::shared_ptr<Store> store_ = std::make_shared<Store>();
  std::shared_ptr<echo::ProviderObject> provider_;
  std::atomic<int> put_ = 0;  // items that were taken

  StoqOptions options(std::map<std::string, std::string> core = {}) const {
    core.insert({{"connector_attempts", "1"}, {"connector_backoff", "1ms"}, {"threads", "2"}});
    StoqOptions o = quiet(core);
    o.core["spool_dir"] = OptionText(spool_);
    o.log_sink = log_;
    return o;
  }
  void put_items(Queue& queue, int items) {
    for (int i = 1; i <= items; ++i) {
      if (!queue.put(Payload("x", Json{{"filename", "f" + std::to_string(i)}}),
                     static_cast<uint64_t>(i)))
        return;
      put_ = i;
    }
  }
  // Brings items f1, f2 …, and stays until `until` holds.
  void plug(
      Stoq& s, int items, std::function<bool()> until = [] { return true; }) {
    provider_ = std::make_shared<echo::ProviderObject>([this, items, until](Queue& queue) {
      put_items(queue, items);
      eventually(until);
    });
    s.add_plugin("source", provider_);
    s.add_plugin("store", store_);
  }
  std::vector<std::string> names() const {
    return Spool({.dir = spool_, .files = 1000, .bytes = 1 << 30, .durable = false}).names();
  }
  std::vector<SpoolEntry> entries() const {
    return Spool({.dir = spool_, .files = 1000, .bytes = 1 << 30, .durable = false}).list();
  }
};

TEST_F(SpoolRun, AResponseThatIsNotSavedLiesThereAndItsItemIsDone) {
  store_->down = true;
  Stoq s(options({{"connector_attempts", "3"}}));
  plug(s, 1);
  const auto steady = std::make_shared<Store>();
  s.add_plugin("steady", steady);
  const RunSummary summary = s.run();
  EXPECT_EQ(summary.done, 1u);
  EXPECT_EQ(summary.failed, 0u);
  EXPECT_EQ(summary.spooled, 1u);
  EXPECT_EQ(provider_->outcomes, "1 0 \n");
  EXPECT_GE(store_->calls(), 4);  // again at the end of the run, and during it if it takes long
  EXPECT_EQ(steady->saved(), each_once(1));
  ASSERT_THAT(entries(), SizeIs(1));
  const SpoolEntry entry = entries()[0];
  EXPECT_EQ(entry.header.connector, "store");
  EXPECT_EQ(entry.header.attempts, static_cast<unsigned>(store_->calls()));
  EXPECT_EQ(entry.header.error, "std::runtime_error: not now");
  EXPECT_THAT(log_->with("spool"),
              ElementsAre("WARNING Results of scan " + entry.header.scan_id +
                          " are not saved using store and lie in the spool as " + entry.name +
                          ": std::runtime_error: not now"));
}

TEST_F(SpoolRun, OneThatIsNeverSavedDoesNotKeepTheOthersBack) {
  store_->poison = "f3";
  Stoq s(options({{"connector_attempts", "2"}}));
  plug(s, 30);
  const RunSummary summary = s.run();
  EXPECT_EQ(summary.done, 30u);
  EXPECT_EQ(summary.spooled, 1u);
  std::map<std::string, int> others = each_once(30);
  others.erase("f3");
  EXPECT_EQ(store_->saved(), others);
}

// Nor those that lie in the spool behind it, more of them than one pass tries in vain.
TEST_F(SpoolRun, NorThoseThatLieThere) {
  store_->down = true;
  {
    Stoq s(options());
    plug(s, 10);
    EXPECT_EQ(s.run().spooled, 10u);
  }
  struct Choosy final : ConnectorPlugin {
    void save(const StoqResponse& response) override {
      const std::string file =
          response.results.at(0).payload_meta.extra_data.get("filename").string_or("?");
      const std::lock_guard lock(mutex);
      if (file.size() < 3 && file < "f6") throw std::runtime_error("never");
      ++saved;
    }
    std::mutex mutex;
    std::atomic<int> saved = 0;
  };
  const auto choosy = std::make_shared<Choosy>();
  Stoq s(options());
  plug(s, 0, [&] { return choosy->saved == 5; });
  s.add_plugin("store", choosy);
  EXPECT_EQ(s.run().spooled, 5u);
  EXPECT_EQ(choosy->saved, 5);
}

// While nothing is saved at all, only the first ones are waited for.
TEST_F(SpoolRun, AConnectorThatIsDownIsNotWaitedForByEach) {
  store_->down = true;
  Stoq s(options({{"connector_attempts", "5"}, {"threads", "1"}}));
  plug(s, 60);
  EXPECT_EQ(s.run().spooled, 60u);
  const size_t waits = log_->with("are not saved using store yet, attempt ").size();
  EXPECT_GE(waits, 4u);
  EXPECT_LE(waits, 4u * 4);  // four may be in work
}

TEST_F(SpoolRun, IsSavedOnceItsConnectorWorksAgain) {
  store_->down = true;
  Stoq s(options());
  plug(s, 20, [&] {
    if (put_ == 20 && names().size() == 20) store_->down = false;
    return put_ == 20 && !store_->down && names().empty();
  });
  const RunSummary summary = s.run();
  EXPECT_EQ(summary.done, 20u);
  EXPECT_EQ(summary.spooled, 0u);
  EXPECT_EQ(store_->saved(), each_once(20));
  EXPECT_THAT(log_->with("out of the spool: "), SizeIs(20));
}

// However long its turn is away: what a connector saves shows that it works.
TEST_F(SpoolRun, IsTriedAtOnceWhenItsConnectorHasSavedSomething) {
  store_->down = true;
  Stoq s(options({{"connector_backoff", "1h"}}));
  std::atomic<bool> saved = false;
  provider_ = std::make_shared<echo::ProviderObject>([&](Queue& queue) {
    put_items(queue, 1);
    ASSERT_TRUE(eventually([&] { return names().size() == 1; }));
    store_->down = false;
    queue.put(Payload("x", Json{{"filename", "f2"}}), 2);
    saved = eventually([&] { return names().empty(); });
  });
  s.add_plugin("source", provider_);
  s.add_plugin("store", store_);
  EXPECT_EQ(s.run().spooled, 0u);
  EXPECT_TRUE(saved);
  EXPECT_EQ(store_->saved(), each_once(2));
}

TEST_F(SpoolRun, WhatLiesThereIsTriedWhenARunStarts) {
  store_->down = true;
  {
    Stoq s(options());
    s.add_plugin("store", store_);
    for (int i = 1; i <= 3; ++i)
      s.scan("x", {.payload_meta = Json{{"filename", "f" + std::to_string(i)}}});
  }
  EXPECT_THAT(names(), SizeIs(3));
  store_->down = false;
  Stoq s(options());
  plug(s, 0);
  EXPECT_EQ(s.run().spooled, 0u);
  EXPECT_EQ(store_->saved(), each_once(3));
  EXPECT_THAT(names(), IsEmpty());
}

TEST_F(SpoolRun, ABrokenFileIsNamedOnceAndLeftAlone) {
  const std::string name = "20261124T172244.123456-0a1b2c3d-store";
  const std::string path = dir_.file("spool/" + name + ".jsonl", "what is this\n");
  store_->poison = "f1";
  Stoq s(options());
  plug(s, 5, [&] { return store_->calls() > 8; });
  EXPECT_EQ(s.run().spooled, 2u);
  EXPECT_EQ(read_all(path), "what is this\n");
  EXPECT_THAT(
      log_->with("left alone"),
      ElementsAre(
          "ERROR " + path +
          " is left alone: its header is no JSON: unexpected 'w' at byte 0, expected a value"));
}

TEST_F(SpoolRun, AfterAReloadItIsLookedAtAnew) {
  store_->down = true;
  Stoq s(options());
  s.add_plugin("store", store_);
  s.scan("x", {.payload_meta = Json{{"filename", "f1"}}});
  store_->down = false;
  const std::string file = "spool/" + names().at(0) + ".jsonl", text = read_all(dir_ / file);
  dir_.file(file, "what is this\n");
  plug(s, 0, [&] {
    if (!eventually([&] { return !log_->with("left alone").empty(); })) return true;
    dir_.file(file, text);
    s.reload();
    return eventually([&] { return names().empty(); });
  });
  EXPECT_EQ(s.run().spooled, 0u);
  EXPECT_EQ(store_->saved(), each_once(1));
}

// A directory that cannot be read is not an empty one.
class UnreadableSpool : public SpoolRun {
 protected:
  // One response lies there, and the directory is a link to itself.
  UnreadableSpool() {
    Stoq s(options());
    store_->down = true;
    s.add_plugin("store", store_);
    s.scan("x", {.payload_meta = Json{{"filename", "f1"}}});
    store_->down = false;
    std::filesystem::rename(spool_, dir_ / "real");
    std::filesystem::create_symlink(spool_, spool_);
  }
  const std::string why_ = spool_ + ": Too many levels of symbolic links";
};

TEST_F(UnreadableSpool, IsTriedAgain) {
  Stoq s(options());
  plug(s, 0, [&] {
    if (!eventually([&] { return !log_->with("waits: ").empty(); })) return true;
    std::filesystem::remove(spool_);
    std::filesystem::rename(dir_ / "real", spool_);
    return eventually([&] { return names().empty(); });
  });
  EXPECT_EQ(s.run().spooled, 0u);
  EXPECT_EQ(store_->saved(), each_once(1));
  EXPECT_THAT(log_->with("waits: "),
              ElementsAre("ERROR What lies in the spool for store waits: " + why_));
}

TEST_F(UnreadableSpool, IsToldAtTheEnd) {
  Stoq s(options());
  plug(s, 0);
  EXPECT_EQ(s.run().spooled, 1u);
  EXPECT_THAT(log_->with("is not known"),
              ElementsAre("ERROR What lies in the spool is not known: " + why_));
  EXPECT_EQ(error_of<StoqException>([&] { s.retry_spool(); }), "the spool cannot be read: " + why_);
}

TEST_F(SpoolRun, AFullSpoolStopsIntakeUntilThereIsRoom) {
  store_->down = true;
  Stoq s(options({{"spool_max_files", "2"}, {"max_queue", "3"}}));
  plug(s, 100);
  RunSummary summary;
  std::jthread run([&] { summary = s.run(); });
  ASSERT_TRUE(eventually([&] { return !log_->with("Intake waits").empty(); }));
  const std::string line = log_->with("Intake waits")[0];
  static const std::regex facts("scan [-0-9a-f]{36}|[0-9]+ bytes of");
  EXPECT_EQ(std::regex_replace(line, facts, "X"),
            "ERROR Intake waits until there is room in the spool (stoq spool retry, stoq spool "
            "drop), or the run is stopped: X is not saved by store: std::runtime_error: not now; "
            "not kept in " +
                spool_ +
                ": it is full, 2 responses of spool_max_files = 2, X spool_max_bytes = 4294967296");
  // Two lie there, six may be in work, three wait; what was on its way in may be one more.
  EXPECT_LE(put_, 12);

  // Somebody else makes room for one.
  const std::string dropped = names().at(0);
  Spool other({.dir = spool_, .files = 2, .bytes = 1 << 20, .durable = false});
  ASSERT_TRUE(eventually([&] {
    Spool::Claimed claimed = other.claim(dropped);  // the run may be trying it
    return claimed.gone || (claimed.claim && claimed.claim->take_out().empty());
  }));
  EXPECT_TRUE(eventually([&] { return names().size() == 2; }));
  EXPECT_LE(put_, 14);

  store_->down = false;
  run.join();
  EXPECT_EQ(summary.done, 100u);
  EXPECT_EQ(summary.failed + summary.retried + summary.spooled, 0u);
  EXPECT_THAT(store_->saved(), SizeIs(99));  // all but the one that was dropped
  for (const auto& [file, times] : store_->saved()) EXPECT_EQ(times, 1) << file;
  EXPECT_THAT(log_->with("Intake goes on"),
              Contains("WARNING Intake goes on: every response is saved, or lies in the spool"));
}

TEST_F(SpoolRun, StoppedBeforeASpoolThatTakesNothingItemsAreLeftForAnotherRun) {
  dir_.file("spool", "no directory");
  store_->down = true;
  Stoq s(options({{"threads", "1"}, {"max_queue", "1"}}));
  plug(s, 100);
  RunSummary summary;
  std::jthread run([&] { summary = s.run(); });
  ASSERT_TRUE(eventually([&] { return !log_->with("Intake waits").empty(); }));
  s.stop();
  run.join();
  EXPECT_EQ(summary.done + summary.failed, 0u);
  EXPECT_EQ(summary.retried, static_cast<uint64_t>(put_));
  EXPECT_LT(put_, 100);
  EXPECT_THAT(provider_->outcomes,
              HasSubstr("1 2 not saved by store: std::runtime_error: not now; not kept in " +
                        spool_ + ": Not a directory\n"));
  EXPECT_THAT(log_->with("is left for another run"),
              Contains("ERROR f1 from source is left for another run: not saved by store: "
                       "std::runtime_error: not now; not kept in " +
                       spool_ + ": Not a directory"));
}

TEST_F(SpoolRun, WhatTheSpoolCanNeverTakeHasFailed) {
  store_->down = true;
  Stoq s(options({{"spool_max_bytes", "4KiB"}}));
  provider_ = std::make_shared<echo::ProviderObject>([](Queue& queue) {
    queue.put(Payload("x", Json{{"filename", std::string(5000, 'n')}}), 7);
  });
  s.add_plugin("source", provider_);
  s.add_plugin("store", store_);
  EXPECT_EQ(s.run().failed, 1u);
  EXPECT_THAT(provider_->outcomes,
              MatchesRegex("7 1 not saved by store: std::runtime_error: not now; not kept in .*: "
                           "the response has 5[0-9]+ bytes, more than spool_max_bytes = 4096\n"));
}

// While its connector is down, which others go into the spool for, it has its attempts all the same.
TEST_F(SpoolRun, WhatTheSpoolCanNeverTakeHasAllItsAttempts) {
  struct Slow final : ConnectorPlugin {
    void save(const StoqResponse& response) override {
      const bool large = response.dumps(0).size() > 5000;
      if (!large || ++calls < 3) throw std::runtime_error("not now");
    }
    std::atomic<int> calls = 0;
  };
  const auto slow = std::make_shared<Slow>();
  Stoq s(options({{"spool_max_bytes", "4KiB"}, {"connector_attempts", "3"}}));
  provider_ = std::make_shared<echo::ProviderObject>([this](Queue& queue) {
    queue.put(Payload("x"), 1);
    eventually([&] { return names().size() == 1; });
    queue.put(Payload("x", Json{{"filename", std::string(5000, 'n')}}), 2);
  });
  s.add_plugin("source", provider_);
  s.add_plugin("slow", slow);
  const RunSummary summary = s.run();
  EXPECT_EQ(provider_->outcomes, "1 0 \n2 0 \n");
  EXPECT_EQ(slow->calls, 3);
  EXPECT_EQ(summary.spooled, 1u);
  EXPECT_THAT(log_->with("yet, attempt 2 of 3"), Not(IsEmpty()));
}

// A status that is not STOQ_OK, an error without a text: neither says that a response is safe.
TEST_F(SpoolRun, WhatIsNotSaidToBeSafeIsNotSaved) {
  const auto problem = [](const std::string& connector) {
    StoqOptions o = quiet();
    o.plugin_dir_list = {STOQ_TEST_PLUGINS};
    o.connectors = {connector};
    return errors_of(Stoq(std::move(o)).scan("x"), connector);
  };
  const std::string failed = "connector:failed to save: ";
  EXPECT_THAT(problem("bad_stopped_save"),
              ElementsAre(failed + "bad_stopped_save ; StoqPluginException: the plugin failed "
                                   "without saying why (status 1)"));
  EXPECT_THAT(problem("bad_empty_error"),
              ElementsAre(failed + "bad_empty_error ; an error without a text"));
}

TEST_F(SpoolRun, ScanKeepsItToo) {
  store_->down = true;
  Stoq s(options({{"spool_max_files", "1"}}));
  s.add_plugin("store", store_);
  const StoqResponse kept = s.scan("x", {.payload_meta = Json{{"filename", "f1"}}});
  EXPECT_EQ(store_->calls(), 1);
  EXPECT_THAT(errors_of(kept, "store"),
              ElementsAre("connector:failed to save: store ; std::runtime_error: not now"));
  EXPECT_THAT(errors_of(kept, "stoq"), IsEmpty());
  ASSERT_THAT(entries(), SizeIs(1));
  EXPECT_EQ(entries()[0].header.scan_id, kept.scan_id);

  const StoqResponse lost = s.scan("x", {.payload_meta = Json{{"filename", "f2"}}});
  EXPECT_THAT(errors_of(lost, "store"), SizeIs(1));
  EXPECT_THAT(errors_of(lost, "stoq"),
              ElementsAre(MatchesRegex("spool: for store ; not kept in .*: it is full, 1 responses "
                                       "of spool_max_files = 1, [0-9]+ bytes of .*")));
  EXPECT_THAT(log_->with("Failed to save results of scan " + lost.scan_id + " using store"),
              SizeIs(1));

  EXPECT_EQ(s.retry_spool().left, 1u);
  EXPECT_EQ(entries()[0].header.attempts, 2u);
  EXPECT_EQ(error_of<StoqPluginException>([&] { s.retry_spool("other"); }),
            "no connector 'other' is loaded");
  store_->down = false;
  EXPECT_EQ(s.retry_spool("store").saved, 1u);
  EXPECT_EQ(store_->saved(), each_once(1));
  EXPECT_THAT(names(), IsEmpty());
}

// What another connector has had all along is the same that comes out of the spool.
TEST_F(SpoolRun, WhatComesOutIsWhatWentIn) {
  struct Text final : ConnectorPlugin {
    void save(const StoqResponse& response) override {
      if (down) throw std::runtime_error("not now");
      text = response.dumps(0);
    }
    bool down = false;
    std::string text;
  };
  const auto steady = std::make_shared<Text>(), late = std::make_shared<Text>();
  late->down = true;
  StoqOptions o = options({{"timings", "true"}, {"explain", "true"}});
  o.always_dispatch = {"zip", "moans"};
  Stoq s(std::move(o));
  s.add_plugin("steady", steady);
  s.add_plugin("late", late);
  add_worker(s, "zip", unpack_worker);
  add_worker(s, "moans", [](Payload&, Request&) -> WorkerResponse {
    throw std::runtime_error("it is \"bad\" \xE2\x82\xAC");
  });
  s.scan(pack({"a", "b", "a", pack({"a", "c"})}), {.request_meta = RequestMeta{.source = "test"}});
  late->down = false;
  EXPECT_EQ(s.retry_spool("late").saved, 1u);
  EXPECT_EQ(late->text, steady->text);
  EXPECT_THAT(late->text, Not(IsEmpty()));
}

}  // namespace
}  // namespace stoq::test
