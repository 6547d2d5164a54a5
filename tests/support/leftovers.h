// SPDX-License-Identifier: Apache-2.0
//
// What a test must not leave behind: descriptors and processes.
#pragma once

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <filesystem>
#include <thread>

namespace stoq::test {

inline size_t open_descriptors() {
  size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
    ++count;
  return count;
}

// Declare it before the engine: when it goes, descriptors are as many as they were, and no process
// that descends from this one is left. What loses its parent becomes a child of this process, so
// that none escapes.
class Leftovers {
 public:
  Leftovers() : descriptors_(open_descriptors()) { prctl(PR_SET_CHILD_SUBREAPER, 1); }
  ~Leftovers() {
    EXPECT_EQ(open_descriptors(), descriptors_);
    bool childless = false;
    for (int turns = 0; turns < 2000 && !childless; ++turns) {
      while (waitpid(-1, nullptr, WNOHANG) > 0) {
      }
      childless = waitpid(-1, nullptr, WNOHANG) < 0 && errno == ECHILD;
      if (!childless) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_TRUE(childless) << "processes are left";
  }

 private:
  size_t descriptors_;
};

}  // namespace stoq::test
