// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "sandbox/spec.h"

namespace stoq::sandbox {

struct User {
  uid_t uid;
  gid_t gid;
};

// Whose a host is to be: nobody's when the engine is root's, and what the host needs is open to
// nobody; else the engine's own.
User user_of_hosts(const Spec& spec, const Places& places);

// Memory beyond what this process has already; no core files. For every host.
void limit_memory(uint64_t bytes);
// Descriptors, sizes of files, locked memory and the rest.
void limit_resources(const Spec& spec);
// Nothing that is run from here on gains anything.
void no_new_privileges(Missing& missing);
// Becomes that user, without any capabilities.
void become(User user, Missing& missing);

}  // namespace stoq::sandbox
