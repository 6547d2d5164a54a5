// SPDX-License-Identifier: Apache-2.0
//
// The watched directory, and access to what lies below it. Paths are relative to it and lead out
// of it only when links may be followed.
#pragma once

#include <sys/stat.h>

#include <cstdint>
#include <string>

#include "stoq/sdk/descriptor.h"

namespace stoq::plugins::dirmon {

using sdk::Fd;

// Beside its path, what makes a file the same file with the same content.
struct Identity {
  uint64_t inode = 0;
  int64_t size = 0;
  int64_t mtime = 0;  // ns
  bool operator==(const Identity&) const = default;
};
Identity identity(const struct stat& st);
int64_t change_time(const struct stat& st);  // ns; unlike mtime nobody can set it

// Whether somebody has a file open for writing. The kernel tells it only to the file's owner and
// to holders of CAP_LEASE, and not on every file system.
enum class Writers { none, some, unknown };
Writers writers_of(int fd);

struct Opened {
  Fd fd;              // set only for a regular file
  struct stat st {};  // of what a link leads to, when that could be found out
  bool link = false;
  int error = 0;  // errno
};

class Root {
 public:
  explicit Root(bool follow_links) : follow_links_(follow_links) {}

  int open(const std::string& path);             // errno, or 0
  bool still_at(const std::string& path) const;  // the path leads to what was opened

  int stat(const std::string& path, struct stat& st) const;  // of a link itself; errno, or 0
  Opened open_file(const std::string& path) const;
  Fd open_directory(const std::string& path) const;  // for reading; "" is the root

 private:
  int open_below(const std::string& path, int flags) const;

  const bool follow_links_;
  Fd fd_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace stoq::plugins::dirmon
