// SPDX-License-Identifier: Apache-2.0
#include "sandbox/files.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace stoq::sandbox {
namespace {

using sdk::Fd;

// The kernel's own numbers, for headers older than the kernel (Debian 12 has those of version 2).
constexpr uint64_t kExecute = 1 << 0, kWriteFile = 1 << 1, kReadFile = 1 << 2, kReadDir = 1 << 3,
                   kAll1 = (1 << 13) - 1, kRefer = 1 << 13, kTruncate = 1 << 14,
                   kIoctlDevice = 1 << 15;
constexpr uint64_t kBindTcp = 1 << 0, kConnectTcp = 1 << 1;
constexpr uint64_t kAbstractSockets = 1 << 0, kSignals = 1 << 1;
constexpr unsigned kVersionFlag = 1;
constexpr int kPathBeneath = 1, kNetPort = 2;
constexpr uint16_t kNames = 53;  // of the resolver, for long answers

struct Ruleset {
  uint64_t files, network, scope;
};
struct [[gnu::packed]] PathRule {
  uint64_t access;
  int fd;
};
struct PortRule {
  uint64_t access, port;
};

constexpr uint64_t kRead = kReadFile | kReadDir;
constexpr uint64_t kOfFiles = kExecute | kWriteFile | kReadFile | kTruncate | kIoctlDevice;

// Libraries that are loaded late (character sets above all) and times of day: the same for all.
constexpr const char* kSystem[] = {"/usr/lib", "/usr/lib64",     "/usr/share/zoneinfo", "/lib",
                                   "/lib64",   "/etc/localtime", "/etc/ld.so.cache"};
constexpr const char* kNetwork[] = {"/etc/hosts",
                                    "/etc/resolv.conf",
                                    "/etc/nsswitch.conf",
                                    "/etc/host.conf",
                                    "/etc/gai.conf",
                                    "/etc/services",
                                    "/etc/ssl",
                                    "/usr/share/ca-certificates",
                                    "/usr/local/share/ca-certificates",
                                    "/run/systemd/resolve"};
constexpr const char* kPrograms[] = {"/usr", "/bin", "/sbin", "/lib", "/lib64"};
constexpr const char* kOfPrograms[] = {"/etc/perl", "/etc/alternatives", "/etc/ld.so.cache",
                                       "/etc/localtime"};
constexpr const char* kDevices[] = {"/dev/null", "/dev/urandom", "/dev/random", "/dev/full"};
constexpr const char kZero[] = "/dev/zero";  // who may write to it can share memory by it

class PathRules {
 public:
  explicit PathRules(int version) {
    uint64_t files = kAll1;
    if (version >= 2) files |= kRefer;
    if (version >= 3) files |= kTruncate;
    if (version >= 5) files |= kIoctlDevice;
    set_.files = files;
  }

  void network(int version, const Spec& spec) {
    if (version >= 4 && (!spec.network || !spec.ports.empty()))
      set_.network = kBindTcp | kConnectTcp;
    if (version >= 6) set_.scope = kAbstractSockets | kSignals;
  }

  bool make(int version) {
    const size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
    fd_ = Fd(static_cast<int>(syscall(SYS_landlock_create_ruleset, &set_, size, 0)));
    return static_cast<bool>(fd_);
  }

  // What is not there needs no rule.
  void allow(const std::string& path, uint64_t access) {
    const Fd place(open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat st {};
    if (!place || fstat(place.get(), &st) != 0) return;
    if (!S_ISDIR(st.st_mode)) access &= kOfFiles;
    const PathRule rule{access & set_.files, place.get()};
    if (rule.access != 0) syscall(SYS_landlock_add_rule, fd_.get(), kPathBeneath, &rule, 0);
  }

  void allow_port(uint64_t port) {
    const PortRule rule{kConnectTcp, port};
    if (set_.network != 0) syscall(SYS_landlock_add_rule, fd_.get(), kNetPort, &rule, 0);
  }

  uint64_t everything() const { return set_.files & ~kExecute; }
  Fd take() { return std::move(fd_); }

 private:
  Ruleset set_{};
  Fd fd_;
};

}  // namespace

int landlock_version() {
  const long version = syscall(SYS_landlock_create_ruleset, nullptr, 0, kVersionFlag);
  return version < 0 ? 0 : static_cast<int>(version);
}

FileRules::FileRules(const Spec& spec, Who who, const Places& places, Missing& missing) {
  const int version = landlock_version();
  if (version == 0) {
    missing.push_back("Landlock: the kernel does not have it, or it is switched off");
    return;
  }
  PathRules rules(version);
  rules.network(version, spec);
  if (version < 4 && !spec.ports.empty())
    missing.push_back("TCP ports: this kernel's Landlock cannot tell them apart");
  if (!rules.make(version)) {
    missing.push_back(std::string("Landlock: ") + std::strerror(errno));
    return;
  }
  const auto all = [&](const auto& paths, uint64_t access) {
    for (const auto& path : paths) rules.allow(path, access);
  };
  if (spec.profile == config::Profile::legacy) {
    rules.allow("/", kRead | kExecute);
  } else if (who == Who::helpers) {
    all(kPrograms, kRead | kExecute);
    all(kOfPrograms, kRead);
    all(places.programs, kRead | kExecute);
  } else {
    all(kSystem, kRead);
  }
  all(kDevices, kReadFile | kWriteFile);
  rules.allow(kZero, kReadFile);
  if (spec.network) all(kNetwork, kRead);
  for (const uint16_t port : spec.ports) rules.allow_port(port);
  if (spec.network && !spec.ports.empty()) rules.allow_port(kNames);
  all(places.folders, kRead);
  all(spec.read, kRead);
  all(places.state, rules.everything());
  all(spec.write, rules.everything());
  if (!places.tmp.empty())
    rules.allow(places.tmp,
                rules.everything() | (spec.profile == config::Profile::legacy ? kExecute : 0));
  rules_ = rules.take();
}

void FileRules::enforce(Missing& missing) const {
  if (rules_ && syscall(SYS_landlock_restrict_self, rules_.get(), 0) != 0)
    missing.push_back(std::string("Landlock: ") + std::strerror(errno));
}

}  // namespace stoq::sandbox
