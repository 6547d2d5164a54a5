// SPDX-License-Identifier: Apache-2.0
#include "core/group_commit.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <thread>

#include "tests/support/eventually.h"

namespace stoq {
namespace {

using testing::ElementsAre;

TEST(GroupCommit, OneCallIsForAllThatCameMeanwhile) {
  std::mutex mutex;
  std::vector<std::vector<int>> calls;
  std::atomic<bool> go_on = false;
  GroupCommit commit([&](std::span<const int> fds) {
    {
      const std::lock_guard lock(mutex);
      calls.emplace_back(fds.begin(), fds.end());
    }
    if (fds[0] == 0) go_on.wait(false);
    return fds[0] == 0 ? EIO : 0;
  });
  std::vector<int> errors(10, -1);
  std::vector<std::jthread> threads;
  threads.emplace_back([&] { errors[0] = commit.commit(0); });
  ASSERT_TRUE(test::eventually([&] {
    const std::lock_guard lock(mutex);
    return calls.size() == 1;
  }));
  std::atomic<int> on_their_way = 0;
  for (int i = 1; i < 10; ++i)
    threads.emplace_back([&, i] {
      ++on_their_way;
      errors[i] = commit.commit(i);
    });
  ASSERT_TRUE(test::eventually([&] { return on_their_way == 9; }));
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // late ones make one more call
  go_on = true;
  go_on.notify_all();
  threads.clear();
  EXPECT_EQ(errors, (std::vector<int>{EIO, 0, 0, 0, 0, 0, 0, 0, 0, 0}));
  EXPECT_THAT(calls[0], ElementsAre(0));
  EXPECT_LE(calls.size(), 4u) << "each on its own";
}

TEST(GroupCommit, TellsWhyAFileIsNotSafe) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  GroupCommit commit(&GroupCommit::sync_files);
  EXPECT_EQ(commit.commit(ends[1]), EINVAL);
  close(ends[0]), close(ends[1]);
}

}  // namespace
}  // namespace stoq
