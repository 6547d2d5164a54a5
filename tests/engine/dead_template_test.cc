// SPDX-License-Identifier: Apache-2.0
//
// The end of host processes, and of the template that they are forked from, while nobody calls.
#include <gtest/gtest.h>

#include <csignal>

#include "support/objects.h"
#include "support/process_tree.h"

namespace stoq::test {
namespace {

// Those too that a template was just making: they would end with it in the midst of a call.
void kill_all_hosts() {
  ASSERT_TRUE(soon([] {
    bool all_ended = true;
    for (const TreeProcess& process : descendants()) {
      if (process.state == 'Z') continue;
      kill(process.pid, SIGKILL);
      all_ended = false;
    }
    return all_ended;
  }));
}

TEST(DeadTemplate, IsMadeAnewForTheNextCall) {
  StoqOptions o = quiet();
  o.plugin_dir_list = {STOQ_TEST_PLUGINS};
  o.always_dispatch = {"echo_worker"};
  o.plugin_opts["echo_worker"]["isolation"] = "process";
  Stoq s(std::move(o));
  const StoqResponse before = s.scan("x");
  ASSERT_NE(before.results[0].workers[0].find("echo_worker"), nullptr);
  for (int round = 0; round < 3; ++round) {
    ASSERT_FALSE(descendants().empty());
    kill_all_hosts();
    const StoqResponse after = s.scan("x");
    const Json* result = after.results[0].workers[0].find("echo_worker");
    ASSERT_NE(result, nullptr) << (after.errors.empty() ? "" : after.errors[0].second[0]);
    EXPECT_TRUE(after.limits.empty());
  }
}

}  // namespace
}  // namespace stoq::test
