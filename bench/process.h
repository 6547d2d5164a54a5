// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>
#include <vector>

namespace stoq::bench {

// The cores that this process may use when it starts.
const std::vector<int>& cores();

// Keeps the calling thread, and whatever it starts meanwhile, on one core.
class Pinned {
 public:
  explicit Pinned(int core);
  ~Pinned();
  Pinned(const Pinned&) = delete;
  Pinned& operator=(const Pinned&) = delete;
};

struct Command {
  std::vector<std::string> arguments;  // the first is the program's path
  std::filesystem::path out = "/dev/null";
  bool one_core = false;  // the whole process tree
};

// Runs it to its end and returns the seconds; std::runtime_error with its first line on stderr when
// it exits with anything but 0. Its home and its scratch files are in `work`.
double run(const Command& command, const std::filesystem::path& work);

// The same; returns the greatest summed PSS of it and all that it started, in MB, looked at every
// 20 ms.
double peak_memory(const Command& command, const std::filesystem::path& work);

}  // namespace stoq::bench
