// SPDX-License-Identifier: Apache-2.0
//
// What makes a file the same file, and descriptors without surprises.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "stoq/sdk/descriptor.h"

namespace stoq::plugins::files {

using sdk::Fd;

constexpr int kRead = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;  // a FIFO must not hang us

// Beside its path, what makes a file the same file with the same content.
struct Identity {
  uint64_t inode = 0;
  int64_t size = 0;
  int64_t mtime = 0;  // ns
  bool operator==(const Identity&) const = default;
};
Identity identity(const struct stat& st);
int64_t change_time(const struct stat& st);  // ns; unlike mtime nobody can set it

// Writes all of it. errno, or 0.
int write_all(int fd, std::string_view text);

// Flushes the names in a directory to the disk; the path begins at the directory `at`. errno, or 0.
int sync_directory(int at, const std::string& path);

}  // namespace stoq::plugins::files
