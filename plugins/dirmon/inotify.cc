// SPDX-License-Identifier: Apache-2.0
#include "inotify.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "stoq/sdk/views.h"

namespace stoq::plugins::dirmon {
namespace {

// IN_CREATE is for directories and for what gets its name by a link.
constexpr uint32_t kMask = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE |
                           IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | IN_EXCL_UNLINK;

std::string limit(const std::string& name) {
  std::string value;
  std::ifstream("/proc/sys/fs/inotify/" + name) >> value;
  return "the sysctl fs.inotify." + name + (value.empty() ? "" : " (now " + value + ")");
}

}  // namespace

Inotify::Inotify() : fd_(inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  if (fd_) return;
  const int error = errno;
  throw sdk::Error("inotify is not to be had: " + std::string(std::strerror(error)) +
                   (error == EMFILE ? "; raise " + limit("max_user_instances") +
                                          ", or the limit of open files (ulimit -n)"
                                    : ""));
}

int Inotify::add(const std::string& path, bool follow) {
  return inotify_add_watch(fd_.get(), path.c_str(), kMask | (follow ? 0 : IN_DONT_FOLLOW));
}

void Inotify::remove(int watch) {
  inotify_rm_watch(fd_.get(), watch);
}

std::string Inotify::reason(int error) {
  if (error == ENOSPC)
    return "no more directories can be watched by this user; raise " + limit("max_user_watches");
  return std::strerror(error);
}

size_t Inotify::fill(int milliseconds) {
  pollfd wait{fd_.get(), POLLIN, 0};
  if (milliseconds > 0 && poll(&wait, 1, milliseconds) <= 0) return 0;
  const ssize_t n = ::read(fd_.get(), buffer_, sizeof buffer_);
  return n > 0 ? static_cast<size_t>(n) : 0;
}

}  // namespace stoq::plugins::dirmon
