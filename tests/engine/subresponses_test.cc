// SPDX-License-Identifier: Apache-2.0
//
// Responses taken apart, plugins called by hand, and what connectors are asked again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <thread>

#include "plugins/echo_objects.h"
#include "tests/support/objects.h"

namespace stoq::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

void add_workers(Stoq& s) {
  add_worker(s, "unpack", unpack_worker);
  add_worker(s, "size", size_worker);
  add_worker(s, "moans", [](Payload& p, Request&) {
    if (text(p) == "bad") throw std::runtime_error("it is bad");
    return WorkerResponse{};
  });
}

StoqOptions all_always() {
  StoqOptions o = quiet();
  o.always_dispatch = {"unpack", "size", "moans"};
  return o;
}

TEST(Split, GivesAResponseForEachWorkerResult) {
  Stoq s(all_always());
  add_workers(s);
  const StoqResponse whole = s.scan(pack({"bad"}));
  const std::vector<StoqResponse> parts = whole.split();
  ASSERT_THAT(parts, SizeIs(3));  // unpack and size of the root, size of the child
  const char* expected[] = {"unpack", "size", "size"};
  const size_t payload[] = {0, 0, 1};
  for (size_t i = 0; i < 3; ++i) {
    ASSERT_THAT(parts[i].results, SizeIs(1));
    const PayloadResults& one = parts[i].results[0];
    const PayloadResults& of = whole.results[payload[i]];
    EXPECT_EQ(one.payload_id, of.payload_id);
    ASSERT_THAT(one.workers, SizeIs(1));
    ASSERT_THAT(one.workers[0], SizeIs(1));
    EXPECT_EQ(one.workers[0].front().first, expected[i]);
    EXPECT_EQ(one.workers[0].front().second.text(), of.workers[0][expected[i]].text());
    EXPECT_EQ(one.plugins_run.workers, of.plugins_run.workers);
    EXPECT_EQ(parts[i].scan_id, whole.scan_id);
    EXPECT_EQ(parts[i].errors.size(), whole.errors.size());
  }
}

TEST(Split, OfAResponseWithoutResultsIsEmpty) {
  Stoq s(quiet());
  EXPECT_THAT(s.scan("x").split(), IsEmpty());
}

TEST(Reconstruct, GivesEachPayloadWithWhatCameOutOfIt) {
  class Counter final : public DecoratorPlugin {
    DecoratorResponse decorate(const StoqResponse& r) override {
      return {.results = Json(r.results.size()), .errors = {"a remark"}};
    }
  };
  Stoq s(all_always());
  add_workers(s);
  s.add_plugin("count", std::make_shared<Counter>());
  const StoqResponse whole = s.scan(pack({pack({"bad", "x"}), "y"}));
  ASSERT_THAT(whole.results, SizeIs(5));
  const std::vector<StoqResponse> parts = s.reconstruct_all_subresponses(whole);
  std::vector<size_t> sizes, bad, remarks;
  std::vector<std::string> counts;
  for (const StoqResponse& part : parts) {
    EXPECT_EQ(part.scan_id, whole.scan_id);
    EXPECT_EQ(part.time, whole.time);
    EXPECT_EQ(part.results[0].payload_id, whole.results[sizes.size()].payload_id);
    sizes.push_back(part.results.size());
    bad.push_back(errors_of(part, "moans").size());
    remarks.push_back(errors_of(part, "count").size());
    counts.push_back(part.decorators["count"].text());
  }
  EXPECT_THAT(sizes, ElementsAre(5u, 3u, 1u, 1u, 1u));
  EXPECT_THAT(counts, ElementsAre("5", "3", "1", "1", "1"));
  EXPECT_THAT(bad, ElementsAre(1u, 1u, 0u, 1u, 0u));      // the root's, the first member's, its own
  EXPECT_THAT(remarks, ElementsAre(2u, 2u, 2u, 2u, 2u));  // that of the whole, and one more each
  EXPECT_EQ(errors_of(whole, "count").size(), 1u);
}

TEST(Reconstruct, GivesEachPayloadItsOwnLimits) {
  StoqOptions o = all_always();
  o.core["max_children"] = "1";
  Stoq s(std::move(o));
  add_workers(s);
  const StoqResponse whole = s.scan(pack({pack({"a", "b"}), "y"}));
  ASSERT_THAT(whole.results, SizeIs(3));
  ASSERT_THAT(whole.limits, SizeIs(2));
  const std::vector<StoqResponse> parts = s.reconstruct_all_subresponses(whole);
  EXPECT_THAT(parts[0].limits, SizeIs(2));
  ASSERT_THAT(parts[1].limits, SizeIs(1));
  EXPECT_EQ(parts[1].limits[0].payload, whole.results[1].payload_id);
  EXPECT_THAT(parts[2].limits, SizeIs(0));
}

TEST(LoadedPlugin, IsCalledByHand) {
  Stoq s(quiet());
  add_workers(s);
  const auto connector = std::make_shared<echo::ConnectorObject>();
  s.add_plugin("sink", connector);
  const StoqResponse r = s.scan("x");
  connector->saved.clear();
  s.load_plugin("sink").save(r);
  EXPECT_EQ(connector->saved, r.dumps(0) + "\n");

  const LoadedPlugin unpack = s.load_plugin("unpack");
  EXPECT_THAT(unpack.classes(), ElementsAre("Worker"));
  Payload payload(pack({"one", "two"}));
  const WorkerResponse answer = unpack.scan(payload);
  EXPECT_EQ(answer.results.text(), "{\"members\": 2}");
  ASSERT_THAT(answer.extracted, SizeIs(2));
  EXPECT_EQ(answer.extracted[1].content, "two");
  EXPECT_EQ(answer.extracted[1].payload_meta.extra_data.text(), "{\"index\": 1}");

  Payload bad("bad");
  const auto message = [](auto call) -> std::string {
    try {
      call();
    } catch (const StoqPluginException& e) {
      return e.what();
    }
    return "no exception";
  };
  EXPECT_EQ(message([&] { s.load_plugin("moans").scan(bad); }),
            "moans: std::runtime_error: it is bad");
  EXPECT_EQ(message([&] { s.load_plugin("moans").save(r); }), "plugin 'moans' is no Connector");
}

TEST(LoadedPlugin, OfAPackageDoesEverythingThatItsRolesSay) {
  for (const char* isolation : {"none", "process"}) {
    StoqOptions o = quiet();
    o.plugin_dir_list = {STOQ_TEST_PLUGINS};
    for (const char* name : {"echo_archiver", "echo_dispatcher", "echo_decorator"})
      o.plugin_opts[name]["isolation"] = isolation;
    Stoq s(std::move(o));
    Payload payload("content");
    const LoadedPlugin archiver = s.load_plugin("echo_archiver");
    EXPECT_EQ(archiver.version(), "1.2.3");
    const ArchiverResponse kept = archiver.archive(payload);
    EXPECT_THAT(kept.errors, ElementsAre("an archiver's error"));
    const std::optional<Payload> fetched = archiver.get(kept);
    ASSERT_TRUE(fetched) << isolation;
    EXPECT_EQ(text(*fetched), "fetched \"" + hex(payload.sha256()) + "\"");
    EXPECT_EQ(fetched->payload_meta.extra_data.text(), "{\"fetched\": true}");
    EXPECT_THROW(archiver.get({Json{{"size", 0}}, {}}), StoqPluginException);
    EXPECT_FALSE(s.load_plugin("echo_dispatcher").get_dispatches(payload).plugin_names.empty());
    const DecoratorResponse decorated = s.load_plugin("echo_decorator").decorate(s.scan("x"));
    EXPECT_THAT(decorated.errors, ElementsAre("a decorator's error"));
    EXPECT_THAT(decorated.results.text(), HasSubstr("\"bytes\""));
  }
}

// Fails so many times, then saves.
class Flaky final : public ConnectorPlugin {
 public:
  explicit Flaky(int failures) : failures_(failures) {}
  void save(const StoqResponse&) override {
    const std::lock_guard lock(mutex_);
    ++calls;
    if (failures_-- > 0) throw std::runtime_error("not now");
  }
  int calls = 0;

 private:
  std::mutex mutex_;
  int failures_;
};

struct Retried {
  Retried(int failures, const std::string& attempts) {
    StoqOptions o = quiet({{"connector_attempts", attempts}, {"connector_backoff", "1ms"}});
    o.log_sink = sink;
    Stoq s(std::move(o));
    connector = std::make_shared<Flaky>(failures);
    s.add_plugin("flaky", connector);
    s.add_plugin("steady", steady);
    const auto provider = std::make_shared<echo::ProviderObject>([](Queue& queue) {
      queue.expect(1);
      queue.put(Payload("x"), 7);
    });
    s.add_plugin("source", provider);
    s.run();
    std::erase_if(sink->lines, [](const std::string& line) {
      return line.find("not saved using") == line.npos;
    });
    outcomes = provider->outcomes;
    progress = s.progress();
  }
  std::shared_ptr<QuietSink> sink = std::make_shared<QuietSink>();
  std::shared_ptr<Flaky> connector, steady = std::make_shared<Flaky>(0);
  std::string outcomes;
  Progress progress;
};

TEST(Retry, AConnectorThatFailsIsAskedAgain) {
  const Retried r(2, "5");
  EXPECT_EQ(r.outcomes, "7 0 \n");
  EXPECT_EQ(r.connector->calls, 3);
  EXPECT_EQ(r.steady->calls, 1);  // has it already
  ASSERT_THAT(r.sink->lines, SizeIs(2));
  EXPECT_THAT(r.sink->lines[0],
              HasSubstr("are not saved using flaky yet, attempt 1 of 5, the next in 0.001 s: "
                        "std::runtime_error: not now"));
  EXPECT_THAT(r.sink->lines[1], HasSubstr("attempt 2 of 5, the next in 0.002 s"));
  EXPECT_EQ(r.progress.taken, 1u);
  EXPECT_EQ(r.progress.done, 1u);
  EXPECT_EQ(r.progress.bytes, 1u);
  EXPECT_EQ(r.progress.expected, 1u);
  EXPECT_TRUE(r.progress.intake_ended);
}

TEST(Retry, EndsWithTheItemAfterTheLastAttempt) {
  const Retried r(100, "3");
  EXPECT_EQ(r.outcomes, "7 1 not saved by flaky: std::runtime_error: not now\n");
  EXPECT_EQ(r.connector->calls, 3);
  EXPECT_EQ(r.progress.failed, 1u);
}

// stop does not wait for the next attempt: it is made at once, and is the last.
TEST(Retry, IsNotWaitedForOnceTheRunIsToStop) {
  StoqOptions o = quiet({{"connector_attempts", "5"}, {"connector_backoff", "1h"}});
  Stoq s(std::move(o));
  struct Slow final : ConnectorPlugin {
    explicit Slow(Stoq& of) : stoq(of) {}
    void save(const StoqResponse&) override {
      if (++calls > 1) return;
      std::thread([this] {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        stoq.stop();
      }).detach();
      throw std::runtime_error("not at first");
    }
    Stoq& stoq;
    int calls = 0;
  };
  const auto slow = std::make_shared<Slow>(s);
  s.add_plugin("slow", slow);
  const auto provider =
      std::make_shared<echo::ProviderObject>([](Queue& queue) { queue.put(Payload("x"), 1); });
  s.add_plugin("source", provider);
  EXPECT_EQ(s.run().done, 1u);
  EXPECT_EQ(slow->calls, 2);
  EXPECT_EQ(provider->outcomes, "1 0 \n");
}

// A scan does not wait: its caller has the response, with what went wrong in it.
TEST(Retry, IsNotForScan) {
  Stoq s(quiet({{"connector_backoff", "1h"}}));
  const auto connector = std::make_shared<Flaky>(1);
  s.add_plugin("flaky", connector);
  const StoqResponse r = s.scan("x");
  EXPECT_EQ(connector->calls, 1);
  EXPECT_THAT(errors_of(r, "flaky"),
              ElementsAre("connector:failed to save: flaky ; std::runtime_error: not now"));
}

}  // namespace
}  // namespace stoq::test
