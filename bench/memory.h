// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <atomic>
#include <thread>

namespace stoq::bench {

// Summed PSS of a process and all its descendants, in bytes.
uint64_t tree_pss(pid_t root);

// Looks at it every 20 ms, on a thread of its own.
class MemoryWatch {
 public:
  explicit MemoryWatch(pid_t root);
  double peak_mb() const { return static_cast<double>(peak_) / 1e6; }

 private:
  std::atomic<uint64_t> peak_ = 0;
  std::jthread thread_;
};

}  // namespace stoq::bench
