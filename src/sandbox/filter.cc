// SPDX-License-Identifier: Apache-2.0
#include "sandbox/filter.h"

#include <asm/termbits.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>

#include "host/wire.h"
#include "stoq/exceptions.h"
#include "stoq/sdk/descriptor.h"

namespace stoq::sandbox {
namespace {

// Stands in a filter for the process that it will be in force for.
constexpr uint32_t kThisProcess = 0x5107D1D;
constexpr unsigned long kSetVma = 0x53564d41;  // PR_SET_VMA, for headers without it

// What computing, the private tmp and the socket to the engine need. Which files, says Landlock.
constexpr const char* kCompute[] = {
    "read",
    "write",
    "readv",
    "writev",
    "pread64",
    "pwrite64",
    "preadv",
    "pwritev",
    "preadv2",
    "pwritev2",
    "lseek",
    "close",
    "close_range",
    "dup",
    "dup2",
    "dup3",
    "fcntl",
    "flock",
    "pipe",
    "pipe2",
    "poll",
    "ppoll",
    "select",
    "pselect6",
    "epoll_create",
    "epoll_create1",
    "epoll_ctl",
    "epoll_wait",
    "epoll_pwait",
    "epoll_pwait2",
    "eventfd",
    "eventfd2",
    "timerfd_create",
    "timerfd_settime",
    "timerfd_gettime",
    "signalfd4",
    "open",
    "openat",
    "openat2",
    "creat",
    "stat",
    "lstat",
    "fstat",
    "newfstatat",
    "statx",
    "statfs",
    "fstatfs",
    "access",
    "faccessat",
    "faccessat2",
    "readlink",
    "readlinkat",
    "getcwd",
    "chdir",
    "fchdir",
    "getdents",
    "getdents64",
    "mkdir",
    "mkdirat",
    "rmdir",
    "unlink",
    "unlinkat",
    "rename",
    "renameat",
    "renameat2",
    "link",
    "linkat",
    "symlink",
    "symlinkat",
    "truncate",
    "ftruncate",
    "fallocate",
    "fadvise64",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "chmod",
    "fchmod",
    "fchmodat",
    "umask",
    "utime",
    "utimes",
    "utimensat",
    "futimesat",
    "sendfile",
    "copy_file_range",
    "splice",
    "tee",
    "memfd_create",
    "getxattr",
    "lgetxattr",
    "fgetxattr",
    "listxattr",
    "llistxattr",
    "flistxattr",
    "munmap",
    "mprotect",
    "mremap",
    "madvise",
    "brk",
    "msync",
    "mincore",
    "mlock",
    "munlock",
    "get_mempolicy",
    "pkey_alloc",
    "pkey_free",
    "pkey_mprotect",
    "membarrier",
    "futex",
    "futex_waitv",
    "set_robust_list",
    "get_robust_list",
    "rseq",
    "set_tid_address",
    "restart_syscall",
    "sched_yield",
    "sched_getaffinity",
    "sched_getparam",
    "sched_getscheduler",
    "sched_get_priority_max",
    "sched_get_priority_min",
    "getcpu",
    "arch_prctl",
    "exit",
    "exit_group",
    "wait4",
    "waitid",
    "rt_sigaction",
    "rt_sigprocmask",
    "rt_sigreturn",
    "rt_sigtimedwait",
    "rt_sigpending",
    "rt_sigsuspend",
    "sigaltstack",
    "pause",
    "alarm",
    "setitimer",
    "getitimer",
    "timer_create",
    "timer_settime",
    "timer_gettime",
    "timer_getoverrun",
    "timer_delete",
    "getpid",
    "gettid",
    "getppid",
    "getpgrp",
    "getpgid",
    "getsid",
    "getuid",
    "geteuid",
    "getgid",
    "getegid",
    "getresuid",
    "getresgid",
    "getgroups",
    "capget",
    "getpriority",
    "getrlimit",
    "getrusage",
    "sysinfo",
    "uname",
    "times",
    "time",
    "gettimeofday",
    "clock_gettime",
    "clock_getres",
    "clock_nanosleep",
    "nanosleep",
    "getrandom",
    "sendmsg",
    "recvmsg",
    "sendto",
    "recvfrom",
    "sendmmsg",
    "recvmmsg",
    "shutdown",
    "getsockopt",
};
constexpr const char* kNetworkCalls[] = {"socket",     "socketpair",  "connect",    "bind",
                                         "setsockopt", "getsockname", "getpeername"};
// Refused so that the caller goes on without: what libraries try and can do without.
constexpr const char* kNotThere[] = {
    "clone3",          "io_uring_setup", "io_uring_enter",         "io_uring_register",
    "inotify_init",    "inotify_init1",  "fanotify_init",          "userfaultfd",
    "perf_event_open", "memfd_secret",   "landlock_create_ruleset"};
constexpr const char* kNotAllowed[] = {
    "setpriority", "sched_setscheduler", "sched_setparam", "sched_setattr", "sched_setaffinity",
    "ioprio_set",  "setrlimit",          "chown",          "fchown",        "lchown",
    "fchownat",    "set_mempolicy",      "mbind",          "mlockall"};
// What nothing that parses ever needs: refused to helper programs and to `legacy`.
constexpr const char* kNever[] = {"ptrace",
                                  "process_vm_readv",
                                  "process_vm_writev",
                                  "process_madvise",
                                  "pidfd_getfd",
                                  "kcmp",
                                  "mount",
                                  "umount2",
                                  "pivot_root",
                                  "chroot",
                                  "move_mount",
                                  "open_tree",
                                  "fsopen",
                                  "fsmount",
                                  "fsconfig",
                                  "fspick",
                                  "mount_setattr",
                                  "setns",
                                  "unshare",
                                  "reboot",
                                  "kexec_load",
                                  "kexec_file_load",
                                  "init_module",
                                  "finit_module",
                                  "delete_module",
                                  "bpf",
                                  "perf_event_open",
                                  "userfaultfd",
                                  "add_key",
                                  "request_key",
                                  "keyctl",
                                  "open_by_handle_at",
                                  "name_to_handle_at",
                                  "swapon",
                                  "swapoff",
                                  "acct",
                                  "quotactl",
                                  "quotactl_fd",
                                  "settimeofday",
                                  "clock_settime",
                                  "clock_adjtime",
                                  "adjtimex",
                                  "sethostname",
                                  "setdomainname",
                                  "iopl",
                                  "ioperm",
                                  "syslog",
                                  "nfsservctl",
                                  "vhangup",
                                  "lookup_dcookie",
                                  "io_uring_setup",
                                  "io_uring_enter",
                                  "io_uring_register",
                                  "fanotify_init"};

class CallRules {
 public:
  explicit CallRules(uint32_t otherwise) : context_(seccomp_init(otherwise), &seccomp_release) {
    if (!context_) throw StoqException("no memory for a filter of system calls");
    seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  }

  template <class Names>
  void all(uint32_t action, const Names& names) {
    for (const auto& name : names) add(action, name);
  }
  void add(uint32_t action, std::string_view name, std::vector<scmp_arg_cmp> where = {}) {
    const int number = seccomp_syscall_resolve_name(std::string(name).c_str());
    // What another architecture has, this one does without.
    if (number == __NR_SCMP_ERROR) return;
    seccomp_rule_add_array(context_.get(), action, number, static_cast<unsigned>(where.size()),
                           where.data());
  }

  Filter program() {
    const sdk::Fd file(memfd_create("stoq-filter", MFD_CLOEXEC));
    if (!file || seccomp_export_bpf(context_.get(), file.get()) != 0)
      throw StoqException("a filter of system calls cannot be made");
    Filter filter(static_cast<size_t>(lseek(file.get(), 0, SEEK_END)) / sizeof(sock_filter));
    const size_t size = filter.size() * sizeof(sock_filter);
    if (pread(file.get(), filter.data(), size, 0) != static_cast<ssize_t>(size))
      throw StoqException("a filter of system calls cannot be read");
    return filter;
  }

 private:
  std::unique_ptr<void, decltype(&seccomp_release)> context_;
};

constexpr uint32_t kTrap = SCMP_ACT_TRAP, kAllow = SCMP_ACT_ALLOW;
constexpr uint32_t no(int error) {
  return SCMP_ACT_ERRNO(static_cast<uint32_t>(error));
}

scmp_arg_cmp is(unsigned argument, uint64_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}
scmp_arg_cmp bits(unsigned argument, uint64_t mask, uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

Filter compute(const Spec& spec) {
  CallRules rules(kTrap);
  rules.all(kAllow, kCompute);
  if (spec.network) rules.all(kAllow, kNetworkCalls);
  rules.all(no(ENOSYS), kNotThere);
  rules.all(no(EPERM), kNotAllowed);
  rules.all(kAllow, spec.calls);
  // Memory shared with nobody would not count.
  constexpr uint64_t kSharedAnonymous = MAP_SHARED | MAP_ANONYMOUS;
  rules.add(kAllow, "mmap", {bits(3, MAP_SHARED, 0)});
  rules.add(kAllow, "mmap", {bits(3, kSharedAnonymous, MAP_SHARED)});
  rules.add(no(EPERM), "mmap", {bits(3, kSharedAnonymous, kSharedAnonymous)});
  rules.add(kAllow, "clone", {bits(0, CLONE_THREAD, CLONE_THREAD)});
  for (const char* name : {"kill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"})
    rules.add(kAllow, name, {is(0, kThisProcess)});
  for (const unsigned long option : {static_cast<unsigned long>(PR_SET_NAME), 16ul /* GET_NAME */,
                                     static_cast<unsigned long>(PR_GET_DUMPABLE), kSetVma})
    rules.add(kAllow, "prctl", {is(0, option)});
  rules.add(kAllow, "prlimit64", {is(0, 0), is(2, 0)});
  for (const uint64_t request : {uint64_t{TCGETS}, uint64_t{FIONREAD}, uint64_t{FIONBIO},
                                 uint64_t{FIOCLEX}, uint64_t{FIONCLEX}})
    rules.add(kAllow, "ioctl", {is(1, request)});
  return rules.program();
}

Filter wide(const Spec& spec, Who who) {
  CallRules rules(kAllow);
  std::vector<std::string> never(std::begin(kNever), std::end(kNever));
  for (const std::string& call : spec.calls) std::erase(never, call);
  rules.all(no(EPERM), never);
  if (who == Who::helpers && !spec.network) rules.add(no(EACCES), "socket", {});
  return rules.program();
}

int report_to = -1;

void on_refused_call(int, siginfo_t* info, void*) {
  struct {
    wire::Header header;
    int32_t number;
  } message{{wire::Type::refused_call, 0, 0, sizeof(int32_t)}, info->si_syscall};
  iovec parts[] = {{&message.header, sizeof message.header},
                   {&message.number, sizeof message.number}};
  msghdr sent{};
  sent.msg_iov = parts, sent.msg_iovlen = 2;
  sendmsg(report_to, &sent, MSG_NOSIGNAL | MSG_DONTWAIT);
  std::signal(SIGSYS, SIG_DFL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGSYS);
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
  raise(SIGSYS);
  _exit(SIGSYS);
}

}  // namespace

Filter make_filter(const Spec& spec, Who who) {
  return kWatched || who == Who::helpers || spec.profile == config::Profile::legacy
             ? wide(spec, who)
             : compute(spec);
}

void enforce(Filter filter, Missing& missing) {
  const auto self = static_cast<uint32_t>(getpid());
  for (sock_filter& step : filter)
    if (step.k == kThisProcess && BPF_CLASS(step.code) == BPF_JMP) step.k = self;
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
    missing.push_back(std::string("seccomp: ") + std::strerror(errno));
}

std::string call_name(int number) {
  const std::unique_ptr<char, decltype(&std::free)> name(
      seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number), &std::free);
  return name ? name.get() : "system call " + std::to_string(number);
}

bool is_call(const std::string& name) {
  return seccomp_syscall_resolve_name(name.c_str()) != __NR_SCMP_ERROR;
}

void report_refused_calls(int socket) {
  report_to = socket;
  struct sigaction action {};
  action.sa_sigaction = &on_refused_call;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  sigaction(SIGSYS, &action, nullptr);
}

}  // namespace stoq::sandbox
