// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <linux/seccomp.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <string>

namespace stoq::test {

// What the kernel does not offer of that in which hosts are locked; "" when all is there.
inline std::string kernel_lacks() {
  constexpr unsigned kVersion = 1;
  const unsigned trap = SECCOMP_RET_TRAP;
  if (syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &trap) != 0)
    return "this kernel has no seccomp filters that trap";
  const long landlock = syscall(SYS_landlock_create_ruleset, nullptr, 0, kVersion);
  if (landlock < 1) return "this kernel has no Landlock";
  if (landlock < 6) return "this kernel's Landlock does not confine signals";
  return "";
}

// Whether a socket can be told to take none (SO_PASSRIGHTS, from Linux 6.16 on).
inline bool kernel_refuses_descriptors() {
  constexpr int kPassRights = 83;
  const int any = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0), none = 0;
  const bool refuses = setsockopt(any, SOL_SOCKET, kPassRights, &none, sizeof none) == 0;
  close(any);
  return refuses;
}

// Who hosts are, but for those of profile legacy: of root's engine nobody, unless root alone can
// reach this build.
inline uid_t user_of_hosts() {
  if (geteuid() != 0) return geteuid();
  constexpr uid_t kNobody = 65534;
  constexpr auto kOpen = std::filesystem::perms::others_read | std::filesystem::perms::others_exec;
  std::filesystem::path place = std::filesystem::canonical("/proc/self/exe");
  while (place.has_relative_path()) {
    place = place.parent_path();
    if ((std::filesystem::status(place).permissions() & kOpen) != kOpen) return 0;
  }
  return kNobody;
}

}  // namespace stoq::test
