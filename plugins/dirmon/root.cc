// SPDX-License-Identifier: Apache-2.0
#include "root.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace stoq::plugins::dirmon {
Writers writers_of(int fd) {
  // A read lease is granted only while nobody writes. It is given back at once; whoever opens the
  // file in between waits those microseconds, and we are told by a signal that nobody minds.
  fcntl(fd, F_SETSIG, SIGURG);
  if (fcntl(fd, F_SETLEASE, F_RDLCK) != 0)
    return errno == EAGAIN ? Writers::some : Writers::unknown;
  fcntl(fd, F_SETLEASE, F_UNLCK);
  return Writers::none;
}

int Root::open(const std::string& path) {
  Fd fd(::open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  struct stat st {};
  if (!fd || fstat(fd.get(), &st) != 0) return errno;
  fd_ = std::move(fd);
  device_ = st.st_dev;
  inode_ = st.st_ino;
  return 0;
}

bool Root::still_at(const std::string& path) const {
  struct stat st {};
  return ::stat(path.c_str(), &st) == 0 && st.st_dev == device_ && st.st_ino == inode_;
}

int Root::stat(const std::string& path, struct stat& st) const {
  return fstatat(fd_.get(), path.c_str(), &st, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
}

int Root::open_below(const std::string& path, int flags) const {
  if (follow_links_) return openat(fd_.get(), path.c_str(), flags);
  open_how how{};
  how.flags = static_cast<uint64_t>(flags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const long fd = syscall(SYS_openat2, fd_.get(), path.c_str(), &how, sizeof how);
  if (fd >= 0 || errno != ENOSYS) return static_cast<int>(fd);
  return openat(fd_.get(), path.c_str(), flags | O_NOFOLLOW);  // before Linux 5.6
}

Opened Root::open_file(const std::string& path) const {
  Opened out;
  out.error = stat(path, out.st);
  if (out.error != 0) return out;
  out.link = S_ISLNK(out.st.st_mode);
  if (out.link) {
    // Looked at first: to open a device may do something to it.
    const Fd look(open_below(path, O_PATH | O_CLOEXEC));
    if (!look || fstat(look.get(), &out.st) != 0) {
      out.error = errno;
      return out;
    }
  }
  if (!S_ISREG(out.st.st_mode)) return out;
  Fd fd(open_below(path, files::kRead));
  if (!fd || fstat(fd.get(), &out.st) != 0)
    out.error = errno;
  else if (S_ISREG(out.st.st_mode))
    out.fd = std::move(fd);
  return out;
}

Fd Root::open_directory(const std::string& path) const {
  return Fd(open_below(path.empty() ? "." : path,
                       O_RDONLY | O_DIRECTORY | O_CLOEXEC | (path.empty() ? 0 : O_NOFOLLOW)));
}

}  // namespace stoq::plugins::dirmon
