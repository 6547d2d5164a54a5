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
