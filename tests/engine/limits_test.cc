// SPDX-License-Identifier: Apache-2.0
//
// Limits, their records, and that neither depends on which thread was faster.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
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

TEST(Limits, AnOccurrenceThatAsksForMoreNeedsAPlaceOfItsOwn) {
  StoqOptions o = quiet({{"max_payloads", "2"}, {"reserved_payloads", "0"}});
  o.always_dispatch = {"size"};
  Stoq s(std::move(o));
  add_worker(s, "size", size_worker);
  add_worker(s, "split", [](Payload&, Request&) {
    return WorkerResponse{
        .extracted = {{"twice", {.should_scan = false}}, {"twice", {.should_scan = true}}}};
  });
  const StoqResponse r = s.scan("x", {.add_start_dispatch = {"split"}});
  ASSERT_THAT(r.results, SizeIs(2));
  EXPECT_THAT(r.results[1].workers[0], IsEmpty());
  EXPECT_THAT(r.results[1].duplicates, SizeIs(1));
  EXPECT_THAT(limits_of(r), ElementsAre("max_payloads:split:1"));
}

// Whatever is left out, while the request runs or at its end, is told to the byte.
TEST(Limits, ErrorsOfAllPayloadsTogether) {
  StoqOptions o = quiet({{"max_response_size", "1MiB"}});
  o.always_dispatch = {"moans"};
  Stoq s(std::move(o));
  add_worker(s, "unpack", unpack_worker);
  constexpr uint64_t kPayloads = 30, kErrors = 200, kSize = 2000;
  add_worker(s, "moans", [](Payload& payload, Request&) {
    WorkerResponse response;
    if (payload.level == 0) return response;
    response.errors.assign(kErrors, std::string(kSize, 'e'));
    for (int i = 0; i < 300; ++i) response.dispatch_to.push_back("nobody" + std::to_string(i));
    return response;
  });
  std::vector<std::string> members;
  for (uint64_t i = 0; i < kPayloads; ++i) members.push_back("member " + std::to_string(i));
  const StoqResponse r = s.scan(pack(members), {.add_start_dispatch = {"unpack"}});
  ASSERT_THAT(r.results, SizeIs(kPayloads + 1));
  uint64_t given = 0, all = 0, names_left_out = 0;
  for (const std::string& text : errors_of(r, "moans")) given += text.size();
  for (const auto& [name, texts] : r.errors)
    for (const std::string& text : texts) all += name == "stoq" ? 0 : text.size();
  EXPECT_LE(all, 1u << 20);
  EXPECT_GT(given, 0u);
  for (const LimitRecord& l : r.limits) {
    EXPECT_EQ(l.limit, "max_response_size");
    (l.plugin == "moans" ? given : names_left_out) += l.left_out.value_or(0);
  }
  EXPECT_EQ(given, kPayloads * kErrors * kSize);
  EXPECT_GT(names_left_out, 0u);
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

TEST(Limits, AllThatExtractFromOnePayloadShareItsBytes) {
  Stoq s(quiet({{"max_extracted_bytes", "1000"}}));
  for (const std::string name : {"one", "two"})
    add_worker(s, name, [name](Payload&, Request&) {
      return WorkerResponse{
          .extracted = {{name + std::string(397, 'a'), {}}, {name + std::string(297, 'b'), {}}}};
    });
  const StoqResponse r = s.scan("x", {.add_start_dispatch = {"one", "two"}});
  EXPECT_THAT(r.results, SizeIs(3));
  EXPECT_THAT(limits_of(r), ElementsAre("max_extracted_bytes:two:null"));
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

TEST(Limits, TheRequestDeadlineCountsDispatchersThatItLeavesOut) {
  Stoq s(quiet({{"request_deadline", "0.05"}}));
  const auto slow = [](Payload&, Request&) {
    std::this_thread::sleep_for(std::chrono::milliseconds(80));
    return DispatcherResponse{.plugin_names = {"late"}};
  };
  for (const char* name : {"first", "second", "third"})
    s.add_plugin(name, std::make_shared<FunctionDispatcher>(slow));
  add_worker(s, "late", size_worker);
  const StoqResponse r = s.scan("x");
  EXPECT_THAT(r.results[0].workers[0], IsEmpty());
  EXPECT_THAT(errors_of(r, "stoq"),
              ElementsAre(HasSubstr("3 plugins were not run: the request has taken its "
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
      o.always_dispatch = {"early", "unpack", "pieces", "late"};
      Stoq s(std::move(o));
      std::atomic<unsigned> jitter = seed;
      const auto shake = [&] {
        if (jitter.fetch_add(1) % 7 == 0)
          std::this_thread::sleep_for(std::chrono::microseconds(200));
      };
      add_worker(s, "early", [&](Payload& p, Request& r) { return shake(), size_worker(p, r); },
                 {.extracts = false});
      add_worker(s, "unpack", [&](Payload& p, Request& r) { return shake(), unpack_worker(p, r); });
      add_worker(s, "pieces", [&](Payload& p, Request&) {
        shake();
        WorkerResponse response;
        if (p.size() % 5 == 0)
          response.extracted = {{text(p).substr(p.size() / 2), {}}, {text(p) + "+", {}}};
        return response;
      });
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

}  // namespace
}  // namespace stoq::test
