// SPDX-License-Identifier: Apache-2.0
//
// Workers that come after others on the same payload; how long plugins took and why they ran.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/objects.h"

namespace stoq::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// A Stoq whose workers a, b, … each say which results they see, and require others.
void add(Stoq& s, const std::string& name, std::vector<std::string> required) {
  add_worker(s, name,
             [](Payload& p, Request&) {
               std::string seen;
               for (const NamedResults& round : p.worker_results)
                 for (const auto& [other, result] : round) seen += other;
               return WorkerResponse{.results = Json(seen)};
             },
             {.extracts = false, .required_workers = std::move(required)});
}

auto rounds(const StoqResponse& r) {
  return r.results[0].plugins_run.workers;
}

TEST(RequiredWorkers, RunBeforeWhoRequiresThem) {
  Stoq s(quiet());
  add(s, "a", {"b", "c"}), add(s, "b", {"c"}), add(s, "c", {});
  const StoqResponse r = s.scan("x", {.add_start_dispatch = {"a", "b"}});
  EXPECT_THAT(rounds(r), ElementsAre(ElementsAre("c", "b", "a")));
  EXPECT_EQ(r.results[0].workers[0]["a"].text(), "\"cb\"");
  EXPECT_THAT(r.errors, IsEmpty());
}

TEST(RequiredWorkers, AreNotRunAgainInALaterRound) {
  Stoq s(quiet());
  add(s, "late", {"early"}), add(s, "early", {});
  add_worker(s, "names",
             [](Payload&, Request&) { return WorkerResponse{.dispatch_to = {"late"}}; });
  const StoqResponse r = s.scan("x", {.add_start_dispatch = {"early", "names"}});
  EXPECT_THAT(rounds(r), ElementsAre(ElementsAre("early", "names"), ElementsAre("late")));
}

TEST(RequiredWorkers, ACircleIsNamed) {
  Stoq s(quiet());
  add(s, "a", {"b"}), add(s, "b", {"c"}), add(s, "c", {"a"}), add(s, "self", {"self"});
  const StoqResponse r = s.scan("x", {.add_start_dispatch = {"a", "self"}});
  EXPECT_THAT(rounds(r), ElementsAre(IsEmpty()));
  const std::string id = " ; payload " + r.results[0].payload_id;
  EXPECT_THAT(errors_of(r, "a"),
              ElementsAre("worker:failed to load: a ; StoqPluginException: required_workers form a "
                          "circle: a → b → c → a" +
                              id,
                          "worker:failed to load: a ; StoqPluginException: it requires 'b', which "
                          "cannot be run on this payload" +
                              id));
  EXPECT_THAT(errors_of(r, "self"),
              testing::Contains("worker:failed to load: self ; StoqPluginException: "
                                "required_workers form a circle: self → self" +
                                id));
}

TEST(RequiredWorkers, OneThatIsNotThereKeepsTheOtherFromRunning) {
  Stoq s(quiet());
  add(s, "a", {"nobody"}), add(s, "b", {});
  const StoqResponse r = s.scan("x", {.add_start_dispatch = {"a", "b"}});
  EXPECT_THAT(rounds(r), ElementsAre(ElementsAre("b")));
  EXPECT_THAT(errors_of(r, "a"),
              ElementsAre("worker:failed to load: a ; StoqPluginException: it requires 'nobody', "
                          "which cannot be run on this payload ; payload " +
                          r.results[0].payload_id));
  EXPECT_EQ(errors_of(r, "nobody").size(), 1u);
}

// The manifest says it, stoq.cfg and arguments say otherwise.
TEST(RequiredWorkers, AreAnOptionOfTheEngine) {
  StoqOptions o = quiet();
  o.plugin_dir_list = {STOQ_TEST_PLUGINS};
  o.plugin_opts["echo_second"]["required_workers"] = "echo_worker";
  Stoq s(std::move(o));
  const StoqResponse r = s.scan("x", {.add_start_dispatch = {"echo_second"}});
  EXPECT_THAT(rounds(r)[0], ElementsAre("echo_worker", "echo_second"));
}

TEST(Explain, TellsWhoAskedForEachWorker) {
  StoqOptions o = quiet();
  o.explain = true;
  o.always_dispatch = {"always"};
  Stoq s(std::move(o));
  add(s, "always", {"needed"}), add(s, "needed", {}), add(s, "ruled", {}), add(s, "further", {}),
      add(s, "child", {});
  add_worker(s, "start", [](Payload& p, Request&) {
    WorkerResponse response{.dispatch_to = {"further"}};
    if (p.level == 0) response.extracted.push_back({"y", {.dispatch_to = {"child"}}});
    return response;
  });
  s.add_plugin("rules", std::make_shared<FunctionDispatcher>([](Payload&, Request&) {
                 return DispatcherResponse{.plugin_names = {"ruled"}};
               }));
  const StoqResponse r = s.scan("x", {.add_start_dispatch = {"start"}});
  ASSERT_EQ(r.results.size(), 2u);
  ASSERT_TRUE(r.results[0].explain && r.results[1].explain);
  EXPECT_EQ(r.results[0].explain->text(),
            R"({"workers": [{"start": "start_dispatch", "needed": "required by always", )"
            R"("always": "always_dispatch", "ruled": "dispatcher rules"}, )"
            R"({"further": "named by start"}]})");
  EXPECT_EQ(r.results[1].explain->text(),
            R"({"workers": [{"child": "dispatch_to of start", "needed": "required by always", )"
            R"("always": "always_dispatch", "ruled": "dispatcher rules"}]})");
  EXPECT_NE(r.dumps(0).find(R"("duplicates": [], "explain": {"workers")"), std::string::npos);
  EXPECT_FALSE(r.results[0].timings);
}

TEST(Timings, AreThereForEveryPluginThatRan) {
  StoqOptions o = quiet();
  o.timings = true;
  Stoq s(std::move(o));
  add(s, "a", {}), add(s, "b", {});
  s.add_plugin("rules", std::make_shared<FunctionDispatcher>([](Payload&, Request&) {
                 return DispatcherResponse{.plugin_names = {"b"}};
               }));
  const StoqResponse r = s.scan("x", {.add_start_dispatch = {"a"}});
  ASSERT_TRUE(r.results[0].timings);
  const Json& timings = *r.results[0].timings;
  EXPECT_THAT(timings.get("workers").text(),
              testing::MatchesRegex(R"(\[\{"a": [0-9.e-]+, "b": [0-9.e-]+\}\])"));
  EXPECT_THAT(timings.get("dispatchers").text(),
              testing::MatchesRegex(R"(\{"rules": [0-9.e-]+\})"));
  EXPECT_EQ(timings.get("archivers").text(), "{}");
  EXPECT_FALSE(r.results[0].explain);
}

}  // namespace
}  // namespace stoq::test
