// SPDX-License-Identifier: Apache-2.0
#include "core/fork.h"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <latch>
#include <thread>

#include <gtest/gtest.h>

namespace stoq {
namespace {

// A child's exit status; a child that hangs is killed.
template <class Body>
int in_child(Body&& body) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(10);
    _exit(body());
  }
  int status = -1;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(Fork, AChildFindsTheLockFree) {
  std::latch held(1);
  std::thread holder([&] {
    const auto lock = process_lock();
    held.count_down();
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  });
  held.wait();
  EXPECT_EQ(in_child([] { return process_lock().owns_lock() ? 7 : 8; }), 7);
  EXPECT_TRUE(process_lock().owns_lock());
  holder.join();
}

TEST(Fork, AChildIsToldFromItsParent) {
  const unsigned before = fork_count();
  EXPECT_EQ(in_child([&] { return static_cast<int>(fork_count() - before); }), 1);
  EXPECT_EQ(fork_count(), before);
}

}  // namespace
}  // namespace stoq
