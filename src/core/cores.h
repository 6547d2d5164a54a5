// SPDX-License-Identifier: Apache-2.0
//
// Scan threads and the hosts that they call share a core: a call is then handed over without waking
// another one. Threads of callers are left alone.
#pragma once

#include <sys/types.h>

#include <optional>

namespace stoq {

// How many cores this process may use.
unsigned cores_allowed();
// Binds the calling thread to the core of that number, counted round the allowed ones; to none: to
// all of them. A system that refuses leaves the thread as it is.
void bind_this_thread(std::optional<unsigned> number);
// The core that bind_this_thread chose for this thread; -1: none.
int core_of_this_thread();
// Moves a process to a core, or with -1 back to all that are allowed; whether it could.
bool bind_process(pid_t pid, int core);

}  // namespace stoq
