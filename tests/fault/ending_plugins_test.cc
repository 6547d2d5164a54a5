// SPDX-License-Identifier: Apache-2.0
//
// A plugin that crashes, hangs or eats memory, on one payload in ten: it costs its own answer on
// these, and nothing else.
#include <gtest/gtest.h>

#include <cstdlib>

#include "plugins/echo_objects.h"
#include "support/leftovers.h"
#include "support/objects.h"
#include "support/same_response.h"

namespace stoq::test {
namespace {

constexpr int kPayloads = 200;

bool poisoned(int i) {
  return i % 10 == 3;
}

// Keeps the responses by the payload's number.
struct Collector final : ConnectorPlugin {
  void save(const StoqResponse& response) override {
    const std::lock_guard lock(mutex);
    responses.emplace(std::stoi(response.results.at(0).payload_meta.extra_data.get("n").text()),
                      response);
  }
  std::mutex mutex;
  std::map<int, StoqResponse> responses;
};

std::map<int, StoqResponse> run(const Names& workers, OptionMap options,
                                const std::string& isolation = "process") {
  StoqOptions o = quiet();
  o.plugin_dir_list = {STOQ_TEST_PLUGINS};
  o.threads = 2;
  o.always_dispatch = workers;
  o.plugin_opts["bad_end"] = std::move(options);
  o.plugin_opts["bad_end"]["isolation"] = isolation;
  Stoq s(std::move(o));
  auto collector = std::make_shared<Collector>();
  s.add_plugin("collector", collector);
  s.add_plugin("source", std::make_shared<echo::ProviderObject>([](Queue& queue) {
                 for (int i = 0; i < kPayloads; ++i)
                   queue.put(Payload((poisoned(i) ? "poison " : "payload ") + std::to_string(i),
                                     PayloadMeta{.extra_data = Json{{"n", i}}}),
                             static_cast<uint64_t>(i));
               }));
  EXPECT_EQ(s.run().done, uint64_t{kPayloads});
  return std::move(collector->responses);
}

// Takes out what belongs to the bad plugin, so that the rest can be compared with a run without it.
std::string without_bad_end(StoqResponse r) {
  std::erase_if(r.errors, [](const auto& e) { return e.first == "bad_end"; });
  std::erase_if(r.limits, [](const LimitRecord& l) { return l.plugin == "bad_end"; });
  for (PayloadResults& result : r.results)
    for (auto& round : result.plugins_run.workers) std::erase(round, "bad_end");
  return comparable(r);
}

void expect_contained(OptionMap options, const std::string& text, const std::string& limit,
                      const std::string& isolation = "process") {
  const Leftovers leftovers;
  const std::map<int, StoqResponse> before = run({"echo_second"}, {});
  const std::map<int, StoqResponse> after =
      run({"bad_end", "echo_second"}, std::move(options), isolation);
  ASSERT_EQ(before.size(), size_t{kPayloads});
  ASSERT_EQ(after.size(), size_t{kPayloads});
  for (const auto& [n, r] : after) {
    // echo_second tells what ran before it, which is all that may differ.
    std::string other = without_bad_end(r);
    if (const size_t at = other.find("\"bad_end\",\n"); at != other.npos)
      other.erase(at, other.find('"', at + 9) - at);
    EXPECT_EQ(other, comparable(before.at(n))) << n;
    if (!poisoned(n)) {
      EXPECT_TRUE(r.errors.empty()) << n;
      EXPECT_TRUE(r.limits.empty()) << n;
      continue;
    }
    const std::string id = r.results.at(0).payload_id;
    ASSERT_TRUE(r.errors.find("bad_end")) << n;
    EXPECT_EQ(*r.errors.find("bad_end"),
              (Names{"said before the end",
                     "worker:failed to scan: bad_end ; " + text + " ; payload " + id}));
    ASSERT_EQ(r.limits.size(), 1u);
    EXPECT_EQ(r.limits[0].limit, limit);
    EXPECT_EQ(r.limits[0].plugin, "bad_end");
    EXPECT_EQ(r.limits[0].payload, id);
    EXPECT_FALSE(r.limits[0].left_out.has_value());
  }
}

// A sanitizer's handlers would turn a signal into an exit. Told before any host starts.
const bool plain_signals = [] {
  for (const char* name : {"ASAN_OPTIONS", "TSAN_OPTIONS"}) {
    const char* given = std::getenv(name);
    setenv(name,
           ((given ? std::string(given) + ":" : std::string()) + "handle_segv=0:handle_abort=0")
               .c_str(),
           1);
  }
  return true;
}();

TEST(EndingPlugins, BySegfault) {
  expect_contained({{"how", "segfault"}},
                   "crash: its host process ended by signal 11 (SIGSEGV); what it had given stands",
                   "crash");
}
TEST(EndingPlugins, ByAbort) {
  expect_contained({{"how", "abort"}},
                   "crash: its host process ended by signal 6 (SIGABRT); what it had given stands",
                   "crash");
}
TEST(EndingPlugins, ByExit) {
  expect_contained({{"how", "exit"}},
                   "crash: its host process ended by exit status 0; what it had given stands",
                   "crash");
}
TEST(EndingPlugins, ByAbortInAFreshHost) {
  expect_contained({{"how", "abort"}},
                   "crash: its host process ended by signal 6 (SIGABRT); what it had given stands",
                   "crash", "fresh");
}
TEST(EndingPlugins, NeverWithoutADeadline) {
  expect_contained(
      {{"how", "loop"}, {"deadline", "200ms"}},
      "deadline: it did not answer within 0.2 s and was killed; what it had given stands",
      "plugin_deadline");
}
TEST(EndingPlugins, OfMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers reserve more address space than any memory limit allows; hosts have "
                  "none under them";
#else
  expect_contained({{"how", "memory"}, {"memory", "64MiB"}}, "std::bad_alloc: out of memory",
                   "plugin_memory");
#endif
}

TEST(EndingPlugins, ByTheDeadlineOfTheRequest) {
  const Leftovers leftovers;
  StoqOptions o = quiet({{"request_deadline", "300ms"}});
  o.plugin_dir_list = {STOQ_TEST_PLUGINS};
  o.plugin_opts["bad_end"] = {{"how", "loop"}};
  Stoq s(std::move(o));
  const StoqResponse r = s.scan("poison", {.add_start_dispatch = {"bad_end", "echo_second"}});
  const std::string id = r.results.at(0).payload_id;
  EXPECT_EQ(*r.errors.find("bad_end"),
            (Names{"said before the end",
                   "worker:failed to scan: bad_end ; deadline: it was killed when the time of the "
                   "request was over; what it had given stands ; payload " +
                       id}));
  EXPECT_EQ(
      *r.errors.find("stoq"),
      Names{
          "1 plugins were not run: the request has taken its request_deadline of 0.3 s ; payload " +
          id});
}

TEST(EndingPlugins, TwoGibibytesOfJsonMeetTheMemoryLimit) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers reserve more address space than any memory limit allows; hosts have "
                  "none under them";
#else
  const Leftovers leftovers;
  StoqOptions o = quiet();
  o.plugin_dir_list = {STOQ_TEST_PLUGINS};
  o.plugin_opts["bad_answers"] = {{"memory", "512MiB"}};
  Stoq s(std::move(o));
  const StoqResponse r =
      s.scan("huge json", {.add_start_dispatch = {"bad_answers", "echo_second"}});
  EXPECT_EQ(*r.errors.find("bad_answers"),
            Names{"worker:failed to scan: bad_answers ; std::bad_alloc: out of memory ; payload " +
                  r.results[0].payload_id});
  EXPECT_EQ(r.limits.at(0).limit, "plugin_memory");
  EXPECT_TRUE(r.results[0].workers[0].find("echo_second"));
#endif
}

}  // namespace
}  // namespace stoq::test
