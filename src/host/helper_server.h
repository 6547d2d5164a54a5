// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace stoq {

// The life of the process that runs helper programs for a plugin: starts and ends them as the
// socket says, and kills what is left of them when the other end goes, however that comes about. One
// thread. Does not return.
[[noreturn]] void serve_helpers(int socket);

}  // namespace stoq
