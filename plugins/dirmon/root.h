// SPDX-License-Identifier: Apache-2.0
//
// The watched directory, and access to what lies below it. Paths are relative to it and lead out
// of it only when links may be followed.
#pragma once

#include <sys/stat.h>

#include <string>

#include "files/file.h"

namespace stoq::plugins::dirmon {

using files::Fd;
using files::Identity;

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
