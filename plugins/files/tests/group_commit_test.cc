// SPDX-License-Identifier: Apache-2.0
#include "files/group_commit.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

namespace stoq::plugins::files {
namespace {

TEST(FilesGroupCommit, OneFlushServesAllThatWait) {
  std::mutex mutex;
  std::condition_variable changed;
  bool go = false;
  int flushing = 0;
  std::vector<GroupCommit::Names> flushed;
  GroupCommit commit([&](const GroupCommit::Names& names) {
    std::unique_lock lock(mutex);
    ++flushing;
    changed.notify_all();
    changed.wait(lock, [&] { return go; });
    flushed.push_back(names);
    return 0;
  });
  std::vector<std::jthread> threads;
  threads.emplace_back([&] { EXPECT_EQ(commit.wait({"first"}), 0); });
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return flushing == 1; });
  }
  // All that come while the first flush is under way share the second one, or those after it.
  std::atomic<int> begun = 0;
  for (const char* name : {"a", "b", "b", "c"})
    threads.emplace_back([&, name] {
      ++begun;
      EXPECT_EQ(commit.wait({name}), 0);
    });
  while (begun < 4) std::this_thread::yield();
  {
    const std::lock_guard lock(mutex);
    go = true;
    changed.notify_all();
  }
  threads.clear();
  ASSERT_GE(flushed.size(), 2U);
  EXPECT_LE(flushed.size(), 5U);
  EXPECT_EQ(flushed[0], GroupCommit::Names{"first"});
  GroupCommit::Names all;
  for (const auto& names : flushed) all.insert(names.begin(), names.end());
  EXPECT_EQ(all, (GroupCommit::Names{"a", "b", "c", "first"}));
}

TEST(FilesGroupCommit, AFailureIsToldToThoseThatItIsOf) {
  int error = EIO;
  GroupCommit commit([&](const GroupCommit::Names&) { return error; });
  EXPECT_EQ(commit.wait({"a"}), EIO);
  error = 0;
  EXPECT_EQ(commit.wait({"a"}), 0);
}

}  // namespace
}  // namespace stoq::plugins::files
