// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace stoq::cli {

// How a program ended that the command has run.
struct Ended {
  enum class How { good, bad, too_late, not_started };
  How how = How::bad;
  std::string said;  // the beginning of what it wrote; or why it did not start
};

// Runs a program, which asks nobody, to its end, or ends it when `patience` is over; in that
// directory, unless it is "". No file that it writes may be larger than a plugin. One at a time.
Ended run_to_end(const std::vector<std::string>& command, std::vector<std::string> environment,
                 std::chrono::seconds patience, const std::string& directory = {});

}  // namespace stoq::cli
