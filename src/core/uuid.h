// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace stoq {

// A new random UUIDv4, lower case with hyphens. Randomness comes from the kernel in blocks; safe
// after fork.
std::string new_uuid();

}  // namespace stoq
