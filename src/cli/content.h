// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace stoq::cli {

// A file to be scanned, open; or why it cannot be.
struct Opened {
  int fd = -1;
  std::string problem;
};

// A regular file with something in it.
Opened open_file(const std::string& path);
// Everything that stdin gives, in an unnamed file. Slow producers are waited for.
Opened read_stdin();

}  // namespace stoq::cli
