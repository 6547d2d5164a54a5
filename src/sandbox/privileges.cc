// SPDX-License-Identifier: Apache-2.0
#include "sandbox/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace stoq::sandbox {
namespace {

constexpr uid_t kNobody = 65534;
constexpr rlim_t kDescriptors = 256;
constexpr rlim_t kTasks = 4096;  // threads and processes of one user

void limit(__rlimit_resource what, rlim_t most) {
  rlimit now{};
  getrlimit(what, &now);
  most = std::min(most, now.rlim_max);
  const rlimit wanted{most, most};
  setrlimit(what, &wanted);
}

bool in_user_namespace() {
  uint64_t inside = 0, outside = 0, count = 0;
  std::ifstream("/proc/self/uid_map") >> inside >> outside >> count;
  return count != 4294967295;
}

// Whether somebody may go through all directories on the way to this place, and read it.
bool may_reach(const std::string& place, User user) {
  const auto open_to = [&](const std::string& path) {
    struct stat st {};
    if (stat(path.c_str(), &st) != 0) return false;
    const mode_t bits = st.st_uid == user.uid   ? st.st_mode >> 6
                        : st.st_gid == user.gid ? st.st_mode >> 3
                                                : st.st_mode;
    return (bits & 5) == 5;
  };
  for (size_t at = 1; at != std::string::npos; at = place.find('/', at + 1))
    if (const size_t end = place.find('/', at); !open_to(place.substr(0, end))) return false;
  return true;
}

}  // namespace

User user_of_hosts(const Spec& spec, const Places& places) {
  const User nobody{kNobody, kNobody}, own{geteuid(), getegid()};
  if (own.uid != 0 || spec.profile == config::Profile::legacy || in_user_namespace()) return own;
  const auto reached = [&](const std::string& place) { return may_reach(place, nobody); };
  return std::ranges::all_of(places.folders, reached) &&
                 std::ranges::all_of(places.programs, reached) &&
                 (spec.tmp_place.empty() || reached(spec.tmp_place))
             ? nobody
             : own;
}

uint64_t data_in_use() {
  std::ifstream status("/proc/self/status");
  std::string word;
  uint64_t kilobytes = 0;
  while (status >> word)
    if (word == "VmData:") {
      status >> kilobytes;
      break;
    }
  return kilobytes << 10;
}

void limit_memory(uint64_t bytes, uint64_t in_use) {
  if (!kWatched) limit(RLIMIT_DATA, in_use + bytes);
  limit(RLIMIT_CORE, 0);
}

void limit_resources(const Spec& spec, Who who) {
  limit(RLIMIT_MEMLOCK, 0);
  limit(RLIMIT_MSGQUEUE, 0);
  limit(RLIMIT_NICE, 0);
  limit(RLIMIT_RTPRIO, 0);
  if (spec.profile == config::Profile::legacy) return;
  limit(RLIMIT_NOFILE, kDescriptors);
  // A thread costs the kernel memory and a number, and no other limit counts them. Who looks up names
  // of machines starts one for that, and helper programs are started, whatever hosts of the same user
  // do.
  limit(RLIMIT_NPROC, who == Who::helpers ? 3 * kTasks : spec.network ? 2 * kTasks : kTasks);
  // Files in memory are no part of RLIMIT_DATA: none is larger than what the host may have.
  limit(RLIMIT_FSIZE, std::max(spec.memory, spec.tmp));
}

void no_new_privileges(Missing& missing) {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
    missing.push_back(std::string("no_new_privs: ") + std::strerror(errno));
}

void drop_bounding_set() {
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
    prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

void become(User user, Missing& missing) {
  if (user.uid != geteuid()) {
    if (setgroups(0, nullptr) != 0 || setresgid(user.gid, user.gid, user.gid) != 0 ||
        setresuid(user.uid, user.uid, user.uid) != 0)
      missing.push_back(std::string("user: ") + std::strerror(errno));
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);  // or its own /proc/self is closed to it
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct none[2] = {};
  if (syscall(SYS_capset, &header, none) != 0)
    missing.push_back(std::string("capabilities: ") + std::strerror(errno));
  prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
}

}  // namespace stoq::sandbox
