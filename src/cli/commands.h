// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/arguments.h"

namespace stoq::cli {

// Each returns the exit code: 0 delivered, 1 something was not scanned or not saved, 2 usage or
// configuration.
int scan(Arguments& arguments);
int run(Arguments& arguments);
int list(Arguments& arguments);
int install(Arguments& arguments);
int doctor(Arguments& arguments);
int test(Arguments& arguments);
int spool(Arguments& arguments);

}  // namespace stoq::cli
