// SPDX-License-Identifier: Apache-2.0
#include "sandbox/namespaces.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>

#include "sandbox/privileges.h"
#include "stoq/sdk/descriptor.h"

namespace stoq::sandbox {
namespace {

using sdk::Fd;

bool write_file(const char* path, const std::string& text) {
  const Fd fd(open(path, O_WRONLY | O_CLOEXEC));
  return fd && write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

// As the same user, who has only become somebody inside.
bool enter_user_namespace() {
  const std::string user = std::to_string(geteuid()), group = std::to_string(getegid());
  if (unshare(CLONE_NEWUSER) != 0) return false;
  write_file("/proc/self/setgroups", "deny");
  return write_file("/proc/self/uid_map", user + " " + user + " 1") &&
         write_file("/proc/self/gid_map", group + " " + group + " 1");
}

// What Landlock allows below a directory holds for what is mounted there, not for what is mounted
// over it. Only what is mounted can be written.
void make_place(const Spec& spec) {
  const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  const char* place = spec.tmp_place.c_str();
  if (mount("stoq", place, "tmpfs", flags, "mode=0755,size=4k,nr_inodes=4") != 0) return;
  mkdir(private_directory(spec).c_str(), 0700);
  mount(nullptr, place, nullptr, flags | MS_REMOUNT | MS_RDONLY, nullptr);
}

std::atomic<bool> directory_changed = false;

// What happens in it is told by SIGIO. A plugin that takes that signal for itself has its files
// removed later.
bool tell_changes(const Fd& directory) {
  struct sigaction action {};
  action.sa_handler = [](int) { directory_changed = true; };
  action.sa_flags = SA_RESTART;
  return sigaction(SIGIO, &action, nullptr) == 0 &&
         fcntl(directory.get(), F_NOTIFY, DN_CREATE | DN_DELETE | DN_RENAME | DN_MULTISHOT) == 0;
}

}  // namespace

std::string private_directory(const Spec& spec) {
  return spec.tmp_place + "/host";
}

void enter_namespaces(const Spec& spec, Missing& missing) {
  int kinds = CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS;
  if (!spec.network) kinds |= CLONE_NEWNET;
  if (unshare(kinds) == 0 || (errno == EPERM && enter_user_namespace() && unshare(kinds) == 0)) {
    // Where "/" is no mount of its own (a bare chroot), what is mounted would show outside.
    if (mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0)
      make_place(spec);
    else
      missing.push_back(std::string("mounts of its own: / is no mount: ") + std::strerror(errno));
    return;
  }
  missing.push_back(std::string("namespaces: ") + std::strerror(errno));
}

bool mount_private_directory(const Spec& spec, User user, Missing& missing) {
  const std::string options = "mode=0700,size=" + std::to_string(spec.tmp) +
                              ",nr_inodes=" + std::to_string(spec.tmp / 4096 + 16) +
                              ",uid=" + std::to_string(user.uid) +
                              ",gid=" + std::to_string(user.gid);
  const unsigned long flags =
      MS_NOSUID | MS_NODEV | (spec.profile == config::Profile::legacy ? 0 : MS_NOEXEC);
  if (unshare(CLONE_NEWNS) == 0 &&
      mount("stoq", private_directory(spec).c_str(), "tmpfs", flags, options.c_str()) == 0)
    return true;
  missing.push_back(std::string("private tmp with a quota: ") + std::strerror(errno));
  return false;
}

std::string directory_on_disk(User user) {
  std::error_code ec;
  std::string path = std::filesystem::temp_directory_path(ec).string() + "/stoq-host-XXXXXX";
  if (ec || !mkdtemp(path.data())) return "";
  if (user.uid == geteuid() || chown(path.c_str(), user.uid, user.gid) == 0) return path;
  rmdir(path.c_str());
  return "";
}

Scratch::Scratch(std::string path)
    : path_(std::move(path)),
      directory_(path_.empty() ? -1 : open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)),
      told_(directory_ && tell_changes(directory_)),
      seen_(changed()) {}

timespec Scratch::changed() const {
  struct stat st {};
  return directory_ && fstat(directory_.get(), &st) == 0 ? st.st_mtim : timespec{};
}

bool Scratch::touched() const {
  if (told_ && !directory_changed) return false;
  const timespec now = changed();
  return now.tv_sec != seen_.tv_sec || now.tv_nsec != seen_.tv_nsec;
}

void Scratch::empty() {
  if (!touched()) return;
  directory_changed = false;
  std::error_code ec;
  for (std::filesystem::directory_iterator at(path_, ec), end; !ec && at != end; at.increment(ec)) {
    std::error_code ignored;
    std::filesystem::remove_all(at->path(), ignored);
  }
  seen_ = changed();
}

}  // namespace stoq::sandbox
