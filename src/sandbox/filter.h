// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/filter.h>

#include <string>
#include <vector>

#include "sandbox/files.h"

namespace stoq::sandbox {

// A program for the kernel that decides on each system call.
using Filter = std::vector<sock_filter>;

// Throws StoqException when it cannot be made. An unknown name among `spec.calls` is passed over.
Filter make_filter(const Spec& spec, Who who);
// Puts it in force for this process.
void enforce(Filter filter, Missing& missing);

// Programs of helpers signal nobody, where Landlock does not see to that.
void refuse_signals();
std::string call_name(int number);  // "socket"; "system call 999" for what has no name
bool is_call(const std::string& name);
// From here on a refused call is told over the socket before the process ends by it.
void report_refused_calls(int socket);

}  // namespace stoq::sandbox
