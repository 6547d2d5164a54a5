// SPDX-License-Identifier: Apache-2.0
#include "files/file.h"

#include <unistd.h>

#include <cerrno>

namespace stoq::plugins::files {
namespace {

int64_t nanoseconds(const timespec& time) {
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

}  // namespace

Identity identity(const struct stat& st) {
  return {st.st_ino, st.st_size, nanoseconds(st.st_mtim)};
}

int64_t change_time(const struct stat& st) {
  return nanoseconds(st.st_ctim);
}

int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = write(fd, text.data(), text.size());
    if (n > 0)
      text.remove_prefix(static_cast<size_t>(n));
    else if (n == 0)
      return EIO;
    else if (errno != EINTR)
      return errno;
  }
  return 0;
}

int sync_directory(int at, const std::string& path) {
  const Fd fd(openat(at, path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return fd && fsync(fd.get()) == 0 ? 0 : errno;
}

}  // namespace stoq::plugins::files
