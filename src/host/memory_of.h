// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace stoq {

// What a process has of the machine's memory at this moment, in bytes; zeros when it is gone.
struct MemoryOf {
  uint64_t own = 0;     // anonymous, whatever its protection is
  uint64_t shared = 0;  // of memory files, and anonymous memory that may be shared
  uint64_t tables = 0;  // the kernel's, of its pages
};
MemoryOf memory_of(pid_t pid);

}  // namespace stoq
