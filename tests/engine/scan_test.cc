// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "tests/support/objects.h"
#include "tests/support/same_response.h"

namespace stoq::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

const std::vector<std::string>& errors_of(const StoqResponse& r, std::string_view name) {
  static const std::vector<std::string> none;
  const auto* found = r.errors.find(name);
  return found ? *found : none;
}

std::vector<std::string> limits_of(const StoqResponse& r) {
  std::vector<std::string> all;
  for (const LimitRecord& l : r.limits)
    all.push_back(l.limit + ":" + l.plugin + ":" +
                  (l.left_out ? std::to_string(*l.left_out) : "null"));
  return all;
}

TEST(Scan, NothingDispatchedGivesTheRootAlone) {
  Stoq s(quiet());
  const StoqResponse r = s.scan("hello");
  ASSERT_THAT(r.results, SizeIs(1));
  EXPECT_EQ(r.results[0].size, 5u);
  EXPECT_EQ(r.results[0].sha256,
            "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
  EXPECT_THAT(r.results[0].workers, ElementsAre(IsEmpty()));
  EXPECT_THAT(r.results[0].plugins_run.workers, ElementsAre(IsEmpty()));
  EXPECT_THAT(r.errors, IsEmpty());
  EXPECT_THAT(r.dumps(0),
              HasSubstr("\"workers\": [{}], \"archivers\": {}, \"plugins_run\": {\"workers\": "
                        "[[]], \"archivers\": []}, \"extracted_from\": null"));
}

TEST(Scan, WorkersOfARoundAreOrderedAndRunOnce) {
  StoqOptions o = quiet();
  o.always_dispatch = {"c", "a"};
  Stoq s(std::move(o));
  for (const char* name : {"a", "b", "c", "d"}) add_worker(s, name, size_worker);
  s.add_plugin("names", std::make_shared<FunctionDispatcher>([](Payload&, Request&) {
                 return DispatcherResponse{.plugin_names = {"d", "b"}};
               }));
  const StoqResponse r =
      s.scan("x", {.payload_meta = PayloadMeta{.dispatch_to = {"a"}}, .add_start_dispatch = {"b"}});
  EXPECT_THAT(r.results[0].plugins_run.workers, ElementsAre(ElementsAre("b", "a", "c", "d")));
}

TEST(Scan, AnUnknownPluginIsAnErrorOfThePayload) {
  Stoq s(quiet());
  const StoqResponse r = s.scan("x", {.add_start_dispatch = {"nosuch"}});
  EXPECT_THAT(errors_of(r, "nosuch"),
              ElementsAre("worker:failed to load: nosuch ; StoqPluginNotFound: The plugin "
                          "\"nosuch\" is invalid or does not exist in your plugin path ; payload " +
                          r.results[0].payload_id));
  EXPECT_THAT(r.results[0].plugins_run.workers, ElementsAre(IsEmpty()));
}

TEST(Scan, AWorkerThatThrowsCostsOnlyItsOwnResult) {
  Stoq s(quiet());
  add_worker(s, "bad",
             [](Payload&, Request&) -> WorkerResponse { throw std::runtime_error("no luck"); });
  add_worker(s, "good", size_worker);
  const StoqResponse r = s.scan("x", {.add_start_dispatch = {"bad", "good"}});
  EXPECT_THAT(errors_of(r, "bad"),
              ElementsAre("worker:failed to scan: bad ; std::runtime_error: no luck ; payload " +
                          r.results[0].payload_id));
  EXPECT_EQ(r.results[0].workers[0]["good"], Json({{"size", 1}}));
  EXPECT_EQ(r.results[0].workers[0].find("bad"), nullptr);
  EXPECT_THAT(r.results[0].plugins_run.workers, ElementsAre(ElementsAre("bad", "good")));
}

TEST(Scan, EmptyObjectIsAResultAndNullIsNone) {
  Stoq s(quiet());
  add_worker(s, "empty",
             [](Payload&, Request&) { return WorkerResponse{.results = Json::object()}; });
  add_worker(s, "none", [](Payload&, Request&) { return WorkerResponse{}; });
  const StoqResponse r = s.scan("x", {.add_start_dispatch = {"empty", "none"}});
  EXPECT_THAT(r.results[0].workers[0], SizeIs(1));
  EXPECT_EQ(r.results[0].workers[0]["empty"].text(), "{}");
}

TEST(Scan, ChangesOfPayloadMetaAreSeenByLaterPlugins) {
  Stoq s(quiet());
  add_worker(s, "first", [](Payload& p, Request&) {
    p.payload_meta.extra_data = Json{{"seen", true}};
    return WorkerResponse{};
  });
  add_worker(s, "second", [](Payload& p, Request&) {
    return WorkerResponse{.results = p.payload_meta.extra_data};
  });
  const StoqResponse r = s.scan("x", {.add_start_dispatch = {"first", "second"}});
  EXPECT_EQ(r.results[0].workers[0]["second"].text(), "{\"seen\": true}");
  EXPECT_EQ(r.results[0].payload_meta.extra_data.text(), "{\"seen\": true}");
}

TEST(Scan, ChangesOfRequestMetaGoDownAndNotSideways) {
  StoqOptions o = quiet();
  o.always_dispatch = {"unpack", "mark", "look"};
  Stoq s(std::move(o));
  add_worker(s, "unpack", unpack_worker);
  add_worker(s, "mark",
             [](Payload& p, Request& r) {
               Json::Tree tree = r.request_meta.extra_data.tree();
               (void)tree;
               if (text(p).find("MARK") != std::string::npos && text(p)[0] == 'N')
                 r.request_meta.source =
                     r.request_meta.source.value_or("") + "+" + std::to_string(p.level);
               return WorkerResponse{};
             },
             {.extracts = false});
  add_worker(s, "look",
             [](Payload&, Request& r) {
               return WorkerResponse{.results = Json(r.request_meta.source.value_or("none"))};
             },
             {.extracts = false});
  const StoqResponse r = s.scan(pack({pack({"MARK", "leaf"}), "sibling"}));
  ASSERT_THAT(r.results, SizeIs(5));
  std::vector<std::string> seen;
  for (const PayloadResults& p : r.results) seen.push_back(p.workers[0]["look"].string_or(""));
  // The root marks itself after it was unpacked, and its children see it all the same; what the
  // first child adds only its own children see.
  EXPECT_THAT(seen, ElementsAre("+0", "+0+1", "+0", "+0+1", "+0+1"));
  EXPECT_EQ(r.request_meta.source, "+0");
}

TEST(Scan, DispatchMetaReachesTheWorker) {
  Stoq s(quiet());
  s.add_plugin("names", std::make_shared<FunctionDispatcher>([](Payload&, Request&) {
                 return DispatcherResponse{.plugin_names = {"w"},
                                           .meta = {{"w", Json{{"key", 7}}}},
                                           .errors = {"a remark"}};
               }));
  add_worker(s, "w", [](Payload& p, Request&) {
    return WorkerResponse{.results = p.dispatch_meta["names"].get("w")};
  });
  const StoqResponse r = s.scan("x");
  EXPECT_EQ(r.results[0].workers[0]["w"].text(), "{\"key\": 7}");
  EXPECT_THAT(errors_of(r, "names"), ElementsAre("a remark"));
}

TEST(Scan, ADispatcherThatThrowsIsRecorded) {
  Stoq s(quiet());
  s.add_plugin("names",
               std::make_shared<FunctionDispatcher>([](Payload&, Request&) -> DispatcherResponse {
                 throw StoqPluginException("lost");
               }));
  const StoqResponse r = s.scan("x");
  EXPECT_THAT(
      errors_of(r, "names"),
      ElementsAre("dispatcher:failed to dispatch: names ; StoqPluginException: lost ; payload " +
                  r.results[0].payload_id));
}

TEST(Scan, WorkersNameFurtherRoundsOnce) {
  Stoq s(quiet());
  add_worker(s, "a", [](Payload&, Request&) { return WorkerResponse{.dispatch_to = {"b", "a"}}; });
  add_worker(s, "b", [](Payload& p, Request&) {
    return WorkerResponse{.results = Json(static_cast<int>(p.worker_results.size())),
                          .dispatch_to = {"a", "b"}};
  });
  const StoqResponse r = s.scan("x", {.add_start_dispatch = {"a"}});
  EXPECT_THAT(r.results[0].plugins_run.workers, ElementsAre(ElementsAre("a"), ElementsAre("b")));
  EXPECT_EQ(r.results[0].workers[1]["b"].text(), "2");
}

TEST(Scan, ChildrenComeBreadthFirstWithTheirOrigin) {
  StoqOptions o = quiet();
  o.always_dispatch = {"unpack"};
  Stoq s(std::move(o));
  add_worker(s, "unpack", unpack_worker);
  const StoqResponse r = s.scan(pack({pack({"aa", "bb"}), "c", pack({"dd"})}));
  ASSERT_THAT(r.results, SizeIs(7));
  const std::vector<size_t> parents = {0, 0, 0, 1, 1, 3};
  for (size_t i = 1; i < r.results.size(); ++i) {
    EXPECT_EQ(r.results[i].extracted_from, r.results[parents[i - 1]].payload_id) << i;
    EXPECT_EQ(r.results[i].extracted_by, "unpack");
  }
  EXPECT_EQ(r.results[4].size, 2u);
  EXPECT_EQ(r.results[6].payload_meta.extra_data.text(), "{\"index\": 0}");
}

TEST(Scan, DuplicatesAreScannedOnceAndRecorded) {
  StoqOptions o = quiet();
  o.always_dispatch = {"unpack"};
  Stoq s(std::move(o));
  std::atomic<int> calls = 0;
  add_worker(s, "unpack", [&](Payload& p, Request& r) { return ++calls, unpack_worker(p, r); });
  const std::string root = pack({"same", pack({"same"}), "same"});
  const StoqResponse r = s.scan(root);
  ASSERT_THAT(r.results, SizeIs(3));
  EXPECT_EQ(calls, 3);
  const auto& duplicates = r.results[1].duplicates;
  ASSERT_THAT(duplicates, SizeIs(2));
  EXPECT_EQ(duplicates[0].extracted_from, r.results[0].payload_id);
  EXPECT_EQ(duplicates[0].payload_meta.extra_data.text(), "{\"index\": 2}");
  EXPECT_EQ(duplicates[1].extracted_from, r.results[2].payload_id);
  EXPECT_EQ(duplicates[1].extracted_by, "unpack");
}

TEST(Scan, APayloadIsNeverItsOwnChild) {
  StoqOptions o = quiet();
  o.always_dispatch = {"echo"};
  Stoq s(std::move(o));
  int calls = 0;
  add_worker(s, "echo", [&](Payload& p, Request&) {
    return ++calls, WorkerResponse{.extracted = {{text(p), {}}}};
  });
  const StoqResponse r = s.scan("again");
  ASSERT_THAT(r.results, SizeIs(1));
  EXPECT_EQ(calls, 1);
  ASSERT_THAT(r.results[0].duplicates, SizeIs(1));
  EXPECT_EQ(r.results[0].duplicates[0].extracted_from, r.results[0].payload_id);
}

TEST(Scan, MoreThanAHundredDuplicatesAreCounted) {
  StoqOptions o = quiet();
  o.always_dispatch = {"unpack"};
  Stoq s(std::move(o));
  add_worker(s, "unpack", unpack_worker);
  const StoqResponse r = s.scan(pack(std::vector<std::string>(250, "same")));
  ASSERT_THAT(r.results, SizeIs(2));
  const auto& duplicates = r.results[1].duplicates;
  uint64_t count = 0;
  for (const Duplicate& d : duplicates) count += d.count;
  EXPECT_EQ(count, 249u);
  EXPECT_THAT(duplicates, SizeIs(testing::Le(101u)));
  EXPECT_EQ(duplicates.back().extracted_from, "");
}

TEST(Scan, ALaterOccurrenceThatAsksForMoreIsScannedForThatOnly) {
  Stoq s(quiet());
  add_worker(s, "split", [](Payload& p, Request&) {
    WorkerResponse w;
    if (p.level == 0) {
      w.extracted.push_back({"same", {.dispatch_to = {"one"}}});
      w.extracted.push_back({"same", {.dispatch_to = {"one", "two"}}});
      w.extracted.push_back({"same", {.dispatch_to = {"two"}}});
    }
    return w;
  });
  add_worker(s, "one", size_worker);
  add_worker(s, "two", size_worker);
  const StoqResponse r = s.scan("root", {.add_start_dispatch = {"split"}});
  ASSERT_THAT(r.results, SizeIs(3));
  EXPECT_THAT(r.results[1].plugins_run.workers, ElementsAre(ElementsAre("one")));
  EXPECT_THAT(r.results[2].plugins_run.workers, ElementsAre(ElementsAre("two")));
  EXPECT_EQ(r.results[1].sha256, r.results[2].sha256);
  EXPECT_THAT(r.results[1].duplicates, SizeIs(2));
}

TEST(Scan, AWithheldPayloadIsListedAndALaterWishToScanItIsHeard) {
  StoqOptions o = quiet();
  o.always_dispatch = {"size"};
  Stoq s(std::move(o));
  add_worker(s, "size", size_worker);
  add_worker(s, "split", [](Payload&, Request&) {
    return WorkerResponse{.extracted = {{"kept back", {.should_scan = false}},
                                        {"other", {}},
                                        {"kept back", {.should_scan = true}}}};
  });
  const StoqResponse r = s.scan("root", {.add_start_dispatch = {"split"}});
  ASSERT_THAT(r.results, SizeIs(4));
  EXPECT_THAT(r.results[1].plugins_run.workers, ElementsAre(IsEmpty()));
  EXPECT_FALSE(r.results[1].payload_meta.should_scan);
  EXPECT_THAT(r.results[3].plugins_run.workers, ElementsAre(ElementsAre("size")));
}

TEST(Limits, RecursionIsRecordedNotSilent) {
  StoqOptions o = quiet();
  o.always_dispatch = {"unpack"};
  o.max_recursion = 1;
  Stoq s(std::move(o));
  add_worker(s, "unpack", unpack_worker);
  const StoqResponse r = s.scan(pack({pack({"deep", "deeper", "deep"})}));
  ASSERT_THAT(r.results, SizeIs(2));
  EXPECT_THAT(limits_of(r), ElementsAre("max_recursion:unpack:3"));
  EXPECT_THAT(errors_of(r, "stoq"),
              ElementsAre("3 payloads extracted by unpack lie deeper than max_recursion = 1 and "
                          "were not scanned ; payload " +
                          r.results[1].payload_id));
}

TEST(Limits, TheLastPlacesAreForInterestingKinds) {
  StoqOptions o = quiet({{"max_payloads", "10"}, {"reserved_payloads", "4"}});
  o.always_dispatch = {"unpack"};
  Stoq s(std::move(o));
  add_worker(s, "unpack", unpack_worker);
  std::vector<std::string> members;
  for (int i = 0; i < 20; ++i) members.push_back("plain " + std::to_string(i));
  for (int i = 0; i < 10; ++i) members.push_back("MZ program " + std::to_string(i));
  const StoqResponse r = s.scan(pack(members));
  ASSERT_THAT(r.results, SizeIs(10));
  EXPECT_THAT(
      limits_of(r),
      ElementsAre("max_payloads:unpack:21"));  // 30 members, 5 plain and 4 programs found a place
  EXPECT_EQ(r.results[6].payload_meta.extra_data.text(), "{\"index\": 20}");
}

TEST(Limits, OneExtractionStopsAtItsBytesAndWhatCameBeforeStays) {
  StoqOptions o = quiet({{"max_extracted_bytes", "1000"}});
  o.always_dispatch = {"unpack"};
  Stoq s(std::move(o));
  add_worker(s, "unpack", unpack_worker);
  const StoqResponse r =
      s.scan(pack({std::string(400, 'a'), std::string(500, 'b'), std::string(200, 'c'), "d"}));
  ASSERT_THAT(r.results, SizeIs(3));
  EXPECT_THAT(limits_of(r), ElementsAre("max_extracted_bytes:unpack:null"));
  EXPECT_THAT(
      errors_of(r, "stoq"),
      ElementsAre(HasSubstr(
          "extraction by unpack was stopped after max_extracted_bytes = 1000 bytes ; payload ")));
}

TEST(Limits, ChildrenRatioAndPayloadSize) {
  {
    StoqOptions o = quiet({{"max_children", "3"}});
    o.always_dispatch = {"unpack"};
    Stoq s(std::move(o));
    add_worker(s, "unpack", unpack_worker);
    const StoqResponse r = s.scan(pack({"a", "b", "c", "d"}));
    EXPECT_THAT(r.results, SizeIs(4));
    EXPECT_THAT(limits_of(r), ElementsAre("max_children:unpack:null"));
  }
  {
    StoqOptions o = quiet({{"max_ratio", "2"}, {"max_ratio_from", "100"}});
    Stoq s(std::move(o));
    add_worker(s, "bomb", [](Payload&, Request&) {
      return WorkerResponse{.extracted = {{std::string(90, 'x'), {}}, {std::string(90, 'y'), {}}}};
    });
    const StoqResponse r = s.scan("tiny", {.add_start_dispatch = {"bomb"}});
    EXPECT_THAT(r.results, SizeIs(2));
    EXPECT_THAT(limits_of(r), ElementsAre("max_ratio:bomb:null"));
  }
  {
    StoqOptions o = quiet({{"max_payload_size", "50"}});
    Stoq s(std::move(o));
    add_worker(s, "split", [](Payload&, Request&) {
      return WorkerResponse{.extracted = {{std::string(90, 'x'), {}}, {"small", {}}}};
    });
    const StoqResponse r = s.scan("tiny", {.add_start_dispatch = {"split"}});
    ASSERT_THAT(r.results, SizeIs(2));
    EXPECT_EQ(r.results[1].size, 5u);
    EXPECT_THAT(limits_of(r), ElementsAre("max_payload_size:split:90"));
  }
}

TEST(Limits, ResultsAreBounded) {
  StoqOptions o = quiet({{"max_result_size", "2000"},
                         {"max_response_size", "5000"},
                         {"max_error_size", "300"},
                         {"max_result_depth", "5"}});
  Stoq s(std::move(o));
  add_worker(s, "large", [](Payload&, Request&) {
    return WorkerResponse{.results = Json(std::string(3000, 'x')),
                          .errors = {std::string(1000, 'e')}};
  });
  add_worker(s, "deep", [](Payload&, Request&) {
    return WorkerResponse{.results = Json::parse("[[[[[[1]]]]]]")};
  });
  for (int i = 0; i < 4; ++i)
    add_worker(s, "fits" + std::to_string(i), [](Payload&, Request&) {
      return WorkerResponse{.results = Json(std::string(1500, 'x'))};
    });
  const StoqResponse r =
      s.scan("x", {.add_start_dispatch = {"large", "deep", "fits0", "fits1", "fits2", "fits3"}});
  EXPECT_THAT(limits_of(r), ElementsAre("max_result_size:large:1", "max_result_depth:deep:1",
                                        "max_response_size:fits3:1502"));
  EXPECT_THAT(errors_of(r, "large")[0], HasSubstr(" more bytes, max_error_size)"));
  EXPECT_THAT(errors_of(r, "large")[1],
              HasSubstr("worker:failed to scan: large ; StoqException: its result was refused: "
                        "more than 2000 bytes of JSON"));
  EXPECT_THAT(r.results[0].workers[0], SizeIs(3));
}

TEST(Limits, MoreThanAHundredRecordsAreCounted) {
  StoqOptions o = quiet({{"max_children", "1"}, {"max_recursion", "1"}});
  o.always_dispatch = {"unpack", "twice"};
  Stoq s(std::move(o));
  add_worker(s, "unpack", [](Payload& p, Request& q) {
    return p.level == 1 ? unpack_worker(p, q) : WorkerResponse{};
  });
  std::vector<std::string> members;
  for (int i = 0; i < 150; ++i) members.push_back(pack({"x" + std::to_string(i), "y"}));
  // The root is unpacked by a worker that takes one member a call: so each child comes by a plugin
  // of its own.
  s.add_plugin("twice", std::make_shared<FunctionWorker>(
                            [&](Payload&, Request&) { return WorkerResponse{}; }));
  Names start;
  for (int i = 0; i < 150; ++i) {
    const std::string name = "m" + std::to_string(i);
    add_worker(s, name, [member = members[static_cast<size_t>(i)]](Payload&, Request&) {
      return WorkerResponse{.extracted = {{member, {}}}};
    });
    start.push_back(name);
  }
  const StoqResponse r = s.scan("root", {.add_start_dispatch = start});
  ASSERT_THAT(r.results, SizeIs(151));
  std::map<std::string, uint64_t> counts;
  uint64_t listed = 0;
  for (const LimitRecord& l : r.limits) {
    counts[l.limit] += l.count;
    if (!l.payload.empty()) ++listed;
  }
  EXPECT_EQ(listed, 100u);
  EXPECT_EQ(counts["max_children"], 150u);
  EXPECT_EQ(counts["max_recursion"], 150u);
}

TEST(Limits, TheRequestDeadlineLeavesOutWhatIsNotDoneAndSaysSo) {
  StoqOptions o = quiet({{"request_deadline", "0.05"}});
  Stoq s(std::move(o));
  add_worker(s, "slow", [](Payload&, Request&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(80));
    return WorkerResponse{.results = Json(1)};
  });
  add_worker(s, "late", size_worker);
  const StoqResponse r = s.scan("x", {.add_start_dispatch = {"slow", "late"}});
  EXPECT_NE(r.results[0].workers[0].find("slow"), nullptr);
  EXPECT_EQ(r.results[0].workers[0].find("late"), nullptr);
  EXPECT_THAT(limits_of(r), ElementsAre("request_deadline::1"));
  EXPECT_THAT(errors_of(r, "stoq"),
              ElementsAre(HasSubstr("1 plugins were not run: the request has taken its "
                                    "request_deadline of 0.05 s ; payload ")));
}

// Trees by a seed, with duplicates, self-containing members and every limit in reach: the same
// response with any number of threads.
std::string random_tree(std::mt19937& random, unsigned depth) {
  std::vector<std::string> members;
  const unsigned count = random() % 8;
  for (unsigned i = 0; i < count; ++i) {
    const unsigned kind = random() % 10;
    if (kind < 4 && depth > 0)
      members.push_back(random_tree(random, depth - 1));
    else if (kind < 6)
      members.push_back("common " + std::to_string(random() % 5));
    else if (kind == 6)
      members.push_back("MZ " + std::to_string(random() % 1000));
    else
      members.push_back(std::string(random() % 300, static_cast<char>('a' + random() % 26)));
  }
  return pack(members);
}

TEST(Determinism, TheSameResponseWithAnyNumberOfThreads) {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    std::mt19937 random(seed);
    const std::string root = random_tree(random, 5);
    std::map<std::string, std::string> core = {{"max_recursion", "4"}};
    if (seed % 4 == 1) core["max_payloads"] = "30", core["reserved_payloads"] = "10";
    if (seed % 4 == 2)
      core["max_request_bytes"] = "4000", core["max_extracted_bytes"] = "1500",
      core["max_ratio"] = "2", core["max_ratio_from"] = "500";
    if (seed % 4 == 3) core["max_children"] = "4";
    std::string expected;
    for (const unsigned threads : {1u, 2u, 3u, 8u}) {
      StoqOptions o = quiet(core);
      o.threads = threads;
      o.always_dispatch = {"early", "unpack", "late"};
      Stoq s(std::move(o));
      std::atomic<unsigned> jitter = seed;
      const auto shake = [&] {
        if (jitter.fetch_add(1) % 7 == 0)
          std::this_thread::sleep_for(std::chrono::microseconds(200));
      };
      add_worker(s, "early", [&](Payload& p, Request& r) { return shake(), size_worker(p, r); },
                 {.extracts = false});
      add_worker(s, "unpack", [&](Payload& p, Request& r) { return shake(), unpack_worker(p, r); });
      add_worker(s, "late",
                 [&](Payload& p, Request& r) {
                   shake();
                   if (p.size() % 3 == 0)
                     r.request_meta.source =
                         r.request_meta.source.value_or("") + std::to_string(p.size() % 10);
                   return WorkerResponse{.results = Json(r.request_meta.source.value_or(""))};
                 },
                 {.extracts = false});
      const std::string now = comparable(s.scan(root));
      if (expected.empty()) expected = now;
      ASSERT_EQ(now, expected) << "seed " << seed << ", " << threads << " threads";
    }
  }
}

TEST(Scan, ManyCallersAtOnce) {
  StoqOptions o = quiet();
  o.always_dispatch = {"unpack", "size"};
  Stoq s(std::move(o));
  add_worker(s, "unpack", unpack_worker);
  add_worker(s, "size", size_worker, {.extracts = false});
  const std::string root = pack({pack({"a", "b"}), "c"});
  const std::string expected = comparable(s.scan(root));
  std::atomic<int> wrong = 0;
  std::vector<std::jthread> callers;
  for (int i = 0; i < 8; ++i)
    callers.emplace_back([&] {
      for (int k = 0; k < 50; ++k) wrong += comparable(s.scan(root)) != expected;
    });
  callers.clear();
  EXPECT_EQ(wrong, 0);
}

TEST(Scan, SerialObjectsNeverOverlap) {
  StoqOptions o = quiet();
  o.always_dispatch = {"unpack", "serial"};
  o.threads = 4;
  Stoq s(std::move(o));
  add_worker(s, "unpack", unpack_worker);
  std::atomic<int> inside = 0, overlaps = 0;
  std::atomic<bool> foreign = false;
  const auto caller = std::this_thread::get_id();
  add_worker(s, "serial",
             [&](Payload&, Request&) {
               overlaps += inside.fetch_add(1) > 0;
               foreign = foreign || std::this_thread::get_id() != caller;
               std::this_thread::sleep_for(std::chrono::milliseconds(1));
               --inside;
               return WorkerResponse{};
             },
             {.extracts = false, .serial = true});
  std::vector<std::string> members;
  for (int i = 0; i < 30; ++i) members.push_back("member " + std::to_string(i));
  s.scan(pack(members));
  EXPECT_EQ(overlaps, 0);
  EXPECT_FALSE(foreign) << "a request with a live object must stay on the caller's thread";
}

TEST(Payload, ADictStandsForItsExtraData) {
  Stoq s(quiet());
  const StoqResponse r = s.scan("x", {.payload_meta = Json{{"filename", "/tmp/bad.exe"}},
                                      .request_meta = Json{{"who", "me"}}});
  EXPECT_EQ(r.results[0].payload_meta.extra_data.text(), "{\"filename\": \"/tmp/bad.exe\"}");
  EXPECT_EQ(r.request_meta.extra_data.text(), "{\"who\": \"me\"}");
}

TEST(Payload, ScanPayloadKeepsTheGivenId) {
  Stoq s(quiet());
  const Payload payload("content", PayloadMeta{.extra_data = Json{{"a", 1}}}, "my-id");
  EXPECT_EQ(s.scan_payload(payload).results[0].payload_id, "my-id");
  EXPECT_EQ(s.scan_payload(payload).results[0].size, 7u);
}

TEST(Ratelimit, IsCheckedAndSpacesCalls) {
  Stoq s(quiet());
  EXPECT_THROW(s.scan("x", {.ratelimit = "nonsense"}), StoqException);
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i) s.scan("x", {.ratelimit = "20/1"});
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(95));
}

}  // namespace
}  // namespace stoq::test
