// SPDX-License-Identifier: Apache-2.0
//
// Where hosts lie: with the scan thread of a run that calls them, anywhere for callers of scan and
// while they stream payloads out.
#include <gtest/gtest.h>
#include <sched.h>

#include "core/cores.h"
#include "support/adapters.h"
#include "support/process_tree.h"

namespace stoq::test {
namespace {

// Of the processes that have no children of their own: hosts, and not what they are forked from.
std::vector<int> cores_of_hosts() {
  std::vector<TreeProcess> all = descendants();
  std::erase_if(all, [](const TreeProcess& process) { return process.state == 'Z'; });
  std::vector<int> cores;
  for (const TreeProcess& process : all) {
    const bool parent = std::any_of(all.begin(), all.end(), [&](const TreeProcess& other) {
      return other.parent == process.pid;
    });
    cpu_set_t set;
    if (!parent && sched_getaffinity(process.pid, sizeof set, &set) == 0)
      cores.push_back(CPU_COUNT(&set));
  }
  return cores;
}

void run(Stoq& s) {
  EXPECT_EQ(s.run().failed, 0u);
}

StoqOptions options(const std::string& worker) {
  StoqOptions o = quiet();
  o.threads = cores_allowed();
  o.plugin_dir_list = {STOQ_TEST_PLUGINS};
  o.always_dispatch = {worker};
  o.plugin_opts[worker]["isolation"] = "process";
  return o;
}

std::shared_ptr<echo::ProviderObject> provider(const std::string& content) {
  return std::make_shared<echo::ProviderObject>([content](Queue& queue) {
    for (int i = 0; i < 20; ++i) queue.put(Payload(content), static_cast<uint64_t>(i));
  });
}

TEST(HostCores, AreThoseOfTheThreadsThatCall) {
  const auto all = static_cast<int>(cores_allowed());
  if (all < 2) GTEST_SKIP() << "this machine gives one core only: there is nothing to choose";
  Stoq s(options("echo_second"));
  s.add_plugin("source", provider("content"));
  s.scan("x");
  EXPECT_EQ(cores_of_hosts(), std::vector<int>{all});  // a caller's thread: as the system likes
  run(s);
  const std::vector<int> bound = cores_of_hosts();
  EXPECT_FALSE(bound.empty());
  EXPECT_EQ(std::count(bound.begin(), bound.end(), 1), static_cast<ptrdiff_t>(bound.size()));
  s.scan("x");
  const std::vector<int> after = cores_of_hosts();
  EXPECT_EQ(std::count(after.begin(), after.end(), all), 1);  // the one that was called
}

TEST(HostCores, OneThatStreamsPayloadsOutIsSetFree) {
  const auto all = static_cast<int>(cores_allowed());
  if (all < 2) GTEST_SKIP() << "this machine gives one core only: there is nothing to choose";
  StoqOptions o = options("echo_worker");
  o.always_dispatch.clear();
  Stoq s(std::move(o));
  s.add_plugin("source", provider("children 3"));
  EXPECT_EQ(s.run({.add_start_dispatch = {"echo_worker"}}).failed, 0u);
  const std::vector<int> cores = cores_of_hosts();
  EXPECT_FALSE(cores.empty());
  EXPECT_EQ(std::count(cores.begin(), cores.end(), all), static_cast<ptrdiff_t>(cores.size()));
}

}  // namespace
}  // namespace stoq::test
