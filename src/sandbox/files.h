// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/spec.h"

namespace stoq::sandbox {

// Who is confined: a host, or the process that runs the helper programs of one.
enum class Who : uint8_t { host, helpers };

struct Places {
  std::vector<std::string> folders;   // of the plugins: may be read
  std::vector<std::string> state;     // may be written
  std::vector<std::string> programs;  // may be run, by Who::helpers
  std::string tmp;
};

// The version of Landlock that the kernel has; 0: none.
int landlock_version();

// From here on this process opens only what it may. True when that holds.
bool confine_files(const Spec& spec, Who who, const Places& places, Missing& missing);

}  // namespace stoq::sandbox
