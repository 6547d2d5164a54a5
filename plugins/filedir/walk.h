// SPDX-License-Identifier: Apache-2.0
//
// Finds the regular files below a path, in an order that only their names decide: of a directory
// first the files, then the directories, each sorted by the bytes of their names. Memory is bounded
// by `batch` names a level: a larger directory is read several times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "disk.h"

namespace stoq::plugins::filedir {

// What is told of each thing found. Paths are as the source's was given.
class Visitor {
 public:
  virtual ~Visitor() = default;
  virtual bool file(Fd fd, const struct stat& st, const std::string& directory,
                    const std::string& name) = 0;                           // false: stop
  virtual void skipped(const std::string& path, std::string_view why) = 0;  // not a regular file
  virtual void unreadable(const std::string& path,
                          std::string_view why) = 0;  // should have been read
  virtual void hidden() = 0;  // a name that begins with a dot, not recursive
  // About how many files there are in all, as soon as that is known.
  virtual void expected(uint64_t files) = 0;
};

struct WalkOptions {
  bool recursive = false;  // then names that begin with a dot are taken, too
  size_t batch = 64 * 1024;
};

// Throws sdk::Error when the source itself, a file or a directory, cannot be read.
void walk(const std::string& source, const WalkOptions& options, Visitor& visitor);

}  // namespace stoq::plugins::filedir
