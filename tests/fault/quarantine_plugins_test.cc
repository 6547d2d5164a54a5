// SPDX-License-Identifier: Apache-2.0
//
// A plugin that keeps dying on a payload is not called on it for a while; all others are.
#include <gtest/gtest.h>

#include "plugins/echo_objects.h"
#include "support/leftovers.h"
#include "support/objects.h"

namespace stoq::test {
namespace {

StoqOptions ending(OptionMap bad_end, std::map<std::string, std::string> core = {}) {
  StoqOptions o = quiet(std::move(core));
  o.plugin_dir_list = {STOQ_TEST_PLUGINS};
  o.always_dispatch = {"bad_end", "echo_second"};
  o.plugin_opts["bad_end"] = std::move(bad_end);
  return o;
}

void expect_kept(const StoqResponse& r) {
  const std::string id = r.results.at(0).payload_id;
  ASSERT_EQ(errors_of(r, "bad_end").size(), 1u) << r.dumps();
  EXPECT_EQ(
      errors_of(r, "bad_end")[0],
      "worker:failed to scan: bad_end ; quarantine: it was not called, for it died 3 times on "
      "this payload, and is kept from it for quarantine_time = 3600.0 s ; payload " +
          id);
  EXPECT_EQ(limits_of(r), Names{"quarantine:bad_end:null"});
  EXPECT_EQ(r.limits.at(0).payload, id);
  EXPECT_EQ(r.results[0].plugins_run.workers.at(0), Names{"echo_second"});
  EXPECT_TRUE(r.results[0].workers.at(0).find("echo_second"));
}

void expect_three_deaths(OptionMap bad_end, const std::string& limit) {
  const Leftovers leftovers;
  StoqOptions o = ending(std::move(bad_end));
  auto sink = std::make_shared<QuietSink>();
  o.log_sink = sink;
  Stoq s(std::move(o));
  StoqResponse r;
  for (int i = 0; i < 3; ++i) {
    r = s.scan("poison");
    EXPECT_EQ(limits_of(r), Names{limit + ":bad_end:null"}) << i;
  }
  EXPECT_EQ(sink->lines.back(), "WARNING stoq: Plugin bad_end died 3 times on the payload " +
                                    r.results[0].sha256 + "; it is not called on it for 3600.0 s");
  expect_kept(s.scan("poison"));
  EXPECT_EQ(limits_of(s.scan("poison of another kind")), Names{limit + ":bad_end:null"});
  EXPECT_TRUE(s.scan("food").errors.empty());
  s.reload();
  expect_kept(s.scan("poison"));
}

TEST(QuarantinedPlugins, AfterCrashes) {
  expect_three_deaths({{"how", "abort"}}, "crash");
}
TEST(QuarantinedPlugins, AfterDeadlines) {
  expect_three_deaths({{"how", "loop"}, {"deadline", "100ms"}}, "plugin_deadline");
}
TEST(QuarantinedPlugins, AfterCrashesInFreshHosts) {
  expect_three_deaths({{"how", "exit"}, {"isolation", "fresh"}}, "crash");
}
TEST(QuarantinedPlugins, OfMemory) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "hosts have no memory limit under sanitizers";
#else
  expect_three_deaths({{"how", "memory"}, {"memory", "64MiB"}}, "plugin_memory");
#endif
}

TEST(QuarantinedPlugins, AreCalledAgainAfterAWhile) {
  Stoq s(ending({{"how", "exit"}}, {{"quarantine_time", "1ms"}, {"quarantine_deaths", "1"}}));
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(limits_of(s.scan("poison")), Names{"crash:bad_end:null"});
    std::this_thread::sleep_for(std::chrono::milliseconds(2));  // longer proves the same
  }
}

TEST(QuarantinedPlugins, NoneWhereItIsSwitchedOff) {
  Stoq s(ending({{"how", "exit"}}, {{"quarantine_deaths", "0"}}));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(limits_of(s.scan("poison")), Names{"crash:bad_end:null"});
}

// The time of a request that ends is not the plugin's fault.
TEST(QuarantinedPlugins, NotByTheDeadlineOfTheRequest) {
  Stoq s(ending({{"how", "loop"}}, {{"request_deadline", "50ms"}, {"quarantine_deaths", "1"}}));
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(limits_of(s.scan("poison")),
              (Names{"plugin_deadline:bad_end:null", "request_deadline::1"}));
}

TEST(QuarantinedPlugins, TheItemOfARunIsDone) {
  Stoq s(ending({{"how", "exit"}}));
  auto connector = std::make_shared<echo::ConnectorObject>();
  s.add_plugin("saver", connector);
  s.add_plugin("source", std::make_shared<echo::ProviderObject>([](Queue& queue) {
                 for (uint64_t i = 0; i < 6; ++i) queue.put(Payload("poison"), i);
               }));
  EXPECT_EQ(s.run().done, 6u);
  EXPECT_NE(connector->saved.find("\"limit\": \"quarantine\""), std::string::npos);
}

}  // namespace
}  // namespace stoq::test
