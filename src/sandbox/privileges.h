// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "sandbox/files.h"
#include "sandbox/spec.h"

namespace stoq::sandbox {

struct User {
  uid_t uid;
  gid_t gid;
};

// Whose a host is to be: nobody's when the engine is root's, and what the host needs is open to
// nobody; else the engine's own.
User user_of_hosts(const Spec& spec, const Places& places);

// Private writable memory that this process has, as RLIMIT_DATA counts it; bytes.
uint64_t data_in_use();
// Memory beyond those `in_use`; no core files. For every host.
void limit_memory(uint64_t bytes, uint64_t in_use);
// Descriptors, sizes of files, locked memory and the rest.
void limit_resources(const Spec& spec, Who who);
// Nothing that is run from here on gains anything.
void no_new_privileges(Missing& missing);
// Nor does what is forked from here on; it may still become another user.
void drop_bounding_set();
// Becomes that user, without any capabilities.
void become(User user, Missing& missing);

}  // namespace stoq::sandbox
