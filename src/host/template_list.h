// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <fstream>
#include <iterator>
#include <new>
#include <string>

namespace stoq {

// The templates of one engine, in memory that they share: a process that has lost its parent and
// is none of them was started by a host. Hosts do not have it.
struct Templates {
  static constexpr uint32_t kMost = 4096;
  std::atomic<uint32_t> added;
  std::atomic<pid_t> pids[kMost];

  static Templates* make() {
    void* memory =
        mmap(nullptr, sizeof(Templates), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) _exit(2);
    return new (memory) Templates;
  }
  void add(pid_t pid) { pids[added++ % kMost] = pid; }
  void remove(pid_t pid) {  // its number may be another's from now on
    for (std::atomic<pid_t>& other : pids) {
      pid_t its = pid;
      other.compare_exchange_strong(its, 0);
    }
  }
  bool contains(pid_t pid) const {
    return std::find(std::begin(pids), std::end(pids), pid) != std::end(pids);
  }
  // Ends all children of this process, a subreaper, but its own ones and templates: what hosts have
  // started and not taken with them. Whether there were any.
  template <class Own>
  bool end_others(const Own& own) const {
    std::ifstream children("/proc/self/task/" + std::to_string(getpid()) + "/children");
    bool found = false;
    for (pid_t pid; children >> pid;)
      if (!own(pid) && !contains(pid)) found |= kill(pid, SIGKILL) == 0;
    return found;
  }
};

}  // namespace stoq
