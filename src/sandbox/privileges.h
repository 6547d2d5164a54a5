// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include "sandbox/spec.h"

namespace stoq::sandbox {

struct User {
  uid_t uid;
  gid_t gid;
};

// Whose a host is to be: nobody's when the engine is root's, else the engine's own.
User user_of_hosts(const Spec& spec);

// Whether somebody may go through all directories on the way to this one and read it.
bool may_enter(const std::string& directory, User user);

// Memory beyond what this process has already; no core files. For every host.
void limit_memory(uint64_t bytes);
// Descriptors, sizes of files, locked memory and the rest.
void limit_resources(const Spec& spec);
// Nothing that is run from here on gains anything.
void no_new_privileges(Missing& missing);
// Becomes that user, without any capabilities. `reads_all` keeps the one that passes over file modes, for
// directories that only root may enter; Landlock decides then.
void become(User user, bool reads_all, Missing& missing);

}  // namespace stoq::sandbox
