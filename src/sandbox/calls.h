// SPDX-License-Identifier: Apache-2.0
//
// System calls by name, as the programs of filter.cc take them.
#pragma once

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <utility>

namespace stoq::sandbox {

// What computing, the private tmp and the socket to the engine need. Which files, says Landlock.
inline constexpr const char* kCompute[] = {
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
    "ftruncate",
    "fallocate",
    "fadvise64",
    "fsync",
    "fdatasync",
    "sync_file_range",
    "umask",
    "sendfile",
    "copy_file_range",
    "splice",
    "tee",
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
    "recvmsg",
    "recvfrom",
    "recvmmsg",
    "shutdown",
    "getsockopt",
};
// Memory that no limit counts. A provider hands long items over in it.
inline constexpr const char kMemoryFile[] = "memfd_create";
// Which sockets, and how they send, says filter.cc.
inline constexpr const char* kNetworkCalls[] = {"socketpair", "connect", "bind", "getsockname",
                                                "getpeername"};
// Options of sockets: all of some levels, and some of SOL_SOCKET.
inline constexpr int kSocketLevels[] = {IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, IPPROTO_UDP};
inline constexpr int kSocketOptions[] = {SO_KEEPALIVE, SO_RCVBUF,    SO_SNDBUF,    SO_RCVTIMEO,
                                         SO_SNDTIMEO,  SO_REUSEADDR, SO_REUSEPORT, SO_PRIORITY,
                                         SO_BROADCAST, SO_OOBINLINE, SO_PASSCRED};
// With the argument that holds the flags.
inline constexpr std::pair<const char*, unsigned> kSend[] = {
    {"sendto", 3}, {"sendmsg", 2}, {"sendmmsg", 3}};
// Refused so that the caller goes on without: what libraries try and can do without.
inline constexpr const char* kNotThere[] = {
    "clone3",          "openat2",           "io_uring_setup",
    "io_uring_enter",  "io_uring_register", "inotify_init",
    "inotify_init1",   "fanotify_init",     "userfaultfd",
    "perf_event_open", "memfd_secret",      "landlock_create_ruleset"};
inline constexpr const char* kNotAllowed[] = {
    "setpriority", "sched_setscheduler", "sched_setparam", "sched_setattr", "sched_setaffinity",
    "ioprio_set",  "setrlimit",          "set_mempolicy",  "mbind",         "mlockall"};
// What Landlock does not hold, wherever the file lies: who owns it, modes, times, attributes, and
// (before its version 3) its size.
inline constexpr const char* kOfAnyFile[] = {
    "chown",     "fchown",    "lchown",      "fchownat",     "chmod",        "fchmod",
    "fchmodat",  "utime",     "utimes",      "utimensat",    "futimesat",    "setxattr",
    "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr", "truncate"};
// With the argument that says whose: 0 is the caller's own.
inline constexpr std::pair<const char*, unsigned> kOfProcess[] = {
    {"prlimit64", 0},     {"setpriority", 1},        {"ioprio_set", 1},       {"sched_setparam", 0},
    {"sched_setattr", 0}, {"sched_setscheduler", 0}, {"sched_setaffinity", 0}};
// Of fcntl. Not whom the kernel is to signal, and by which signal: that reaches other processes.
inline constexpr int kFileCommands[] = {
    F_DUPFD,  F_DUPFD_CLOEXEC, F_GETFD,      F_SETFD,      F_GETFL,     F_SETFL,
    F_GETLK,  F_SETLK,         F_SETLKW,     F_OFD_GETLK,  F_OFD_SETLK, F_OFD_SETLKW,
    F_GETOWN, F_NOTIFY,        F_SETPIPE_SZ, F_GETPIPE_SZ, F_ADD_SEALS, F_GET_SEALS};
// Of clone: what makes a process somebody in a world of its own, with all of the kernel to try out.
inline constexpr unsigned long kOwnWorlds[] = {CLONE_NEWUSER,  CLONE_NEWNS,  CLONE_NEWNET,
                                               CLONE_NEWPID,   CLONE_NEWIPC, CLONE_NEWUTS,
                                               CLONE_NEWCGROUP};
// Of ioctl: what types at somebody's terminal.
inline constexpr unsigned long kTyping[] = {TIOCSTI, TIOCLINUX};
// The last call that this list knows of, cachestat; numbers are the same everywhere from 424 on.
inline constexpr unsigned kNewest = 451;
// What nothing that parses ever needs: refused to helper programs and to `legacy`.
inline constexpr const char* kNever[] = {
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp",
    "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsmount",
    "fsconfig", "fspick", "mount_setattr", "setns", "unshare", "reboot", "kexec_load",
    "kexec_file_load", "init_module", "finit_module", "delete_module", "bpf", "perf_event_open",
    "userfaultfd", "add_key", "request_key", "keyctl", "open_by_handle_at", "name_to_handle_at",
    "swapon", "swapoff", "acct", "quotactl", "quotactl_fd", "settimeofday", "clock_settime",
    "clock_adjtime", "adjtimex", "sethostname", "setdomainname", "iopl", "ioperm", "syslog",
    "nfsservctl", "vhangup", "lookup_dcookie", "io_uring_setup", "io_uring_enter",
    "io_uring_register", "fanotify_init",
    // What stays when a process has ended, for the next one.
    "shmget", "shmat", "semget", "msgget", "mq_open"};

}  // namespace stoq::sandbox
