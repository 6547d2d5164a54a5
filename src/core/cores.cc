// SPDX-License-Identifier: Apache-2.0
#include "core/cores.h"

#include <sched.h>

#include <vector>

namespace stoq {
namespace {

thread_local int this_core = -1;

// As they were when the process started: a bound thread sees only its own.
const std::vector<int>& allowed() {
  static const std::vector<int> cores = [] {
    std::vector<int> all;
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
      for (int core = 0; core < CPU_SETSIZE; ++core)
        if (CPU_ISSET(core, &set)) all.push_back(core);
    return all;
  }();
  return cores;
}

}  // namespace

unsigned cores_allowed() {
  return static_cast<unsigned>(allowed().size());
}

bool bind_process(pid_t pid, int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  for (const int one : allowed())
    if (core < 0 || one == core) CPU_SET(one, &set);
  return sched_setaffinity(pid, sizeof set, &set) == 0;
}

void bind_this_thread(std::optional<unsigned> number) {
  if (allowed().empty()) return;
  const int core = number ? allowed()[*number % allowed().size()] : -1;
  if (bind_process(0, core)) this_core = core;
}

int core_of_this_thread() {
  return this_core;
}

}  // namespace stoq
