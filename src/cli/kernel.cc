// SPDX-License-Identifier: Apache-2.0
#include "cli/kernel.h"

#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "stoq/sdk/descriptor.h"

namespace stoq::cli {
namespace {

using sdk::Fd;

bool seccomp_filters() {
  const uint32_t action = SECCOMP_RET_TRAP;
  return syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

long landlock_abi() {
#ifdef SYS_landlock_create_ruleset
  constexpr unsigned kVersion = 1;  // asks for the version, makes nothing
  return syscall(SYS_landlock_create_ruleset, nullptr, 0, kVersion);
#else
  return -1;
#endif
}

bool user_namespaces() {
  const pid_t pid = fork();
  if (pid == 0) _exit(unshare(CLONE_NEWUSER) == 0 ? 0 : 1);
  int status = 1;
  while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return pid > 0 && status == 0;
}

}  // namespace

std::vector<KernelFeature> kernel_features() {
  std::vector<KernelFeature> features;
  utsname name{};
  if (uname(&name) == 0)
    features.push_back({"kernel", true, std::string(name.sysname) + " " + name.release});
  const long landlock = landlock_abi();
  features.push_back({"seccomp", seccomp_filters(), ""});
  features.push_back(
      {"Landlock", landlock > 0, landlock > 0 ? "ABI " + std::to_string(landlock) : ""});
  features.push_back({"user namespaces", user_namespaces(), ""});
  features.push_back({"no_new_privs", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) >= 0, ""});
  features.push_back(
      {"memfd", bool(Fd(memfd_create("stoq-doctor", MFD_CLOEXEC | MFD_ALLOW_SEALING))), "", true});
  features.push_back(
      {"pidfd", bool(Fd(static_cast<int>(syscall(SYS_pidfd_open, getpid(), 0)))), "", true});
  return features;
}

}  // namespace stoq::cli
