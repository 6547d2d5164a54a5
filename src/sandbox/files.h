// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/spec.h"

namespace stoq::sandbox {

// Who is confined: a host, or the process that runs the helper programs of one.
enum class Who : uint8_t { host, helpers };

// The version of Landlock that the kernel has; 0: none.
int landlock_version();

// From here on this process opens only what it may.
void confine_files(const Spec& spec, Who who, const Places& places, Missing& missing);

}  // namespace stoq::sandbox
