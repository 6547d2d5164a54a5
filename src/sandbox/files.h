// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "sandbox/spec.h"
#include "stoq/sdk/descriptor.h"

namespace stoq::sandbox {

// Who is confined: a host, one with a provider in it, or the process that runs the helper programs
// of one.
enum class Who : uint8_t { host, provider, helpers };

// The version of Landlock that the kernel has; 0: none.
int landlock_version();

// What a process may open, made ready: once in a template, in force in each host that it forks.
class FileRules {
 public:
  FileRules(const Spec& spec, Who who, const Places& places, Missing& missing);
  // From here on this process opens only that.
  void enforce(Missing& missing) const;

 private:
  sdk::Fd rules_;  // none: the kernel does not have it
};

}  // namespace stoq::sandbox
