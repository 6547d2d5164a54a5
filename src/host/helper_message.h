// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "host/wire.h"

namespace stoq::wire {

// What the process that runs helper programs is to start; both sides use the same two functions.
// Its descriptors come beside it.
struct HelperStart {
  std::string path, directory;
  std::vector<std::string> arguments, environment;
};

std::string encode(const HelperStart& start);
HelperStart decode_helper_start(std::string_view body);  // throws Malformed

}  // namespace stoq::wire
