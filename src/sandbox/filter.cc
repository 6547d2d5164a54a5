// SPDX-License-Identifier: Apache-2.0
#include "sandbox/filter.h"

#include <asm/termbits.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <memory>

#include "host/wire.h"
#include "sandbox/calls.h"
#include "stoq/exceptions.h"
#include "stoq/sdk/descriptor.h"

namespace stoq::sandbox {
namespace {

// Stands in a filter for the process that it will be in force for.
constexpr uint32_t kThisProcess = 0x5107D1D;
constexpr unsigned long kSetVma = 0x53564d41;  // PR_SET_VMA, for headers without it

class CallRules {
 public:
  explicit CallRules(uint32_t otherwise) : context_(seccomp_init(otherwise), &seccomp_release) {
    if (!context_) throw StoqException("no memory for a filter of system calls");
    seccomp_attr_set(context_.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  }

  // `but`: for which there is another rule.
  template <class Names>
  void all(uint32_t action, const Names& names, const std::vector<std::string>& but = {}) {
    for (const auto& name : names)
      if (std::ranges::find(but, name) == but.end()) add(action, name);
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

// The kernel looks at the lower half of these arguments alone.
constexpr uint64_t kHalf = 0xffffffff;

scmp_arg_cmp is(unsigned argument, uint64_t value) {
  return {argument, SCMP_CMP_EQ, value, 0};
}
scmp_arg_cmp bits(unsigned argument, uint64_t mask, uint64_t value) {
  return {argument, SCMP_CMP_MASKED_EQ, mask, value};
}

bool named(const Spec& spec, const char* call) {
  return std::ranges::find(spec.calls, call) != spec.calls.end();
}

// Whoever closes a socket last waits for as long as it lingers, also when it has been handed over.
void refuse_lingering(CallRules& rules, const Spec& spec) {
  if (named(spec, "setsockopt")) return;
  rules.add(no(EPERM), "setsockopt", {bits(1, kHalf, SOL_SOCKET), bits(2, kHalf, SO_LINGER)});
}

void allow_socket_options(CallRules& rules, const Spec& spec) {
  if (named(spec, "setsockopt")) return;
  refuse_lingering(rules, spec);
  for (const int level : kSocketLevels)
    rules.add(kAllow, "setsockopt", {bits(1, kHalf, static_cast<uint64_t>(level))});
  for (const int option : kSocketOptions)
    rules.add(kAllow, "setsockopt",
              {bits(1, kHalf, SOL_SOCKET), bits(2, kHalf, static_cast<uint64_t>(option))});
}

// Of sockets, what reaches other machines and finds their names: no service of this one, which may
// do more than its caller, and no protocol whose ports Landlock does not hold.
void allow_internet(CallRules& rules) {
  for (const uint64_t family : {AF_INET, AF_INET6})
    for (const uint64_t protocol : {0, int{IPPROTO_TCP}, int{IPPROTO_UDP}})
      rules.add(kAllow, "socket", {is(0, family), is(2, protocol)});
  rules.add(kAllow, "socket", {is(0, AF_NETLINK), is(2, NETLINK_ROUTE)});
  // The C library asks for a cache of names, and goes on without.
  rules.add(no(EAFNOSUPPORT), "socket", {is(0, AF_UNIX)});
}

Filter compute(const Spec& spec, Who who) {
  CallRules rules(kTrap);
  rules.all(kAllow, kCompute);
  // A plugin with helper programs hands them the payload in one.
  const bool hands_on = who == Who::provider || spec.profile == config::Profile::exec;
  if (!named(spec, kMemoryFile)) rules.add(hands_on ? kAllow : no(ENOSYS), kMemoryFile);
  if (spec.network) rules.all(kAllow, kNetworkCalls);
  if (spec.network) allow_socket_options(rules, spec);
  if (spec.network && !named(spec, "socket")) allow_internet(rules);
  rules.all(no(ENOSYS), kNotThere, spec.calls);
  rules.all(no(EPERM), kNotAllowed, spec.calls);
  rules.all(no(EPERM), kOfAnyFile, spec.calls);
  rules.all(kAllow, spec.calls);
  for (const int command : kFileCommands)
    rules.add(kAllow, "fcntl", {is(1, static_cast<uint64_t>(command))});
  // To send is not to connect, which Landlock would not see.
  for (const auto& [name, flags] : kSend) rules.add(kAllow, name, {bits(flags, MSG_FASTOPEN, 0)});
  // What is only read is not cut to nothing either, which Landlock holds from version 3 on.
  for (const auto& [name, flags] : {std::pair("open", 1u), {"openat", 2u}}) {
    if (named(spec, name)) continue;
    rules.add(no(EPERM), name, {bits(flags, O_ACCMODE | O_TRUNC, O_RDONLY | O_TRUNC)});
    rules.add(kAllow, name, {bits(flags, O_TRUNC, 0)});
    for (const uint64_t writes : {uint64_t{O_WRONLY}, uint64_t{O_RDWR}, uint64_t{O_ACCMODE}})
      rules.add(kAllow, name, {bits(flags, O_ACCMODE | O_TRUNC, writes | O_TRUNC)});
  }
  // Memory shared with nobody would not count, nor would what grows as stacks do.
  constexpr uint64_t kSharedAnonymous = MAP_SHARED | MAP_ANONYMOUS;
  rules.add(kAllow, "mmap", {bits(3, MAP_SHARED | MAP_GROWSDOWN, 0)});
  rules.add(kAllow, "mmap", {bits(3, kSharedAnonymous | MAP_GROWSDOWN, MAP_SHARED)});
  rules.add(no(EPERM), "mmap", {bits(3, kSharedAnonymous, kSharedAnonymous)});
  rules.add(no(EPERM), "mmap", {bits(3, MAP_GROWSDOWN, MAP_GROWSDOWN)});
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

// Calls that nobody had heard of are not there.
Filter without_newer(Filter filter, const Spec& spec) {
  unsigned newest = kNewest;
  for (const std::string& call : spec.calls)
    newest = std::max(
        newest, static_cast<unsigned>(std::max(0, seccomp_syscall_resolve_name(call.c_str()))));
  const sock_filter newer[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                               BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, newest, 0, 1),
                               BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS)};
  filter.insert(filter.begin(), std::begin(newer), std::end(newer));
  return filter;
}

Filter wide(const Spec& spec, Who who) {
  CallRules rules(kAllow);
  rules.all(no(EPERM), kNever, spec.calls);
  if (spec.profile != config::Profile::legacy) rules.all(no(EPERM), kOfAnyFile, spec.calls);
  rules.add(no(ENOSYS), "clone3");  // whose flags nobody can see: the C library goes on with clone
  // A process may change its own limits and priority, and no other's: the engine has its number.
  for (const auto& [name, whose] : kOfProcess)
    if (!named(spec, name)) rules.add(no(EPERM), name, {{whose, SCMP_CMP_NE, 0, 0}});
  rules.add(no(EPERM), "mmap", {bits(3, MAP_GROWSDOWN, MAP_GROWSDOWN)});
  refuse_lingering(rules, spec);
  for (const unsigned long world : kOwnWorlds)
    rules.add(no(EPERM), "clone", {bits(0, world, world)});
  for (const unsigned long typing : kTyping)
    rules.add(no(EPERM), "ioctl", {bits(1, kHalf, typing)});
  // Nor then the services of this machine, which may do more than their caller.
  if (!spec.network && who == Who::helpers)
    rules.add(no(EACCES), "socket");
  else if (!spec.network)
    rules.add(no(EACCES), "socket", {is(0, AF_UNIX)});
  if (!spec.ports.empty()) {
    rules.add(no(EPROTONOSUPPORT), "socket", {is(2, IPPROTO_MPTCP)});
    for (const auto& [name, flags] : kSend)
      rules.add(no(EPERM), name, {bits(flags, MSG_FASTOPEN, MSG_FASTOPEN)});
  }
  return without_newer(rules.program(), spec);
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
             : compute(spec, who);
}

void enforce(Filter filter, Missing& missing) {
  const auto self = static_cast<uint32_t>(getpid());
  for (sock_filter& step : filter)
    if (step.k == kThisProcess && BPF_CLASS(step.code) == BPF_JMP) step.k = self;
  const sock_fprog program{static_cast<unsigned short>(filter.size()), filter.data()};
  if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
    missing.push_back(std::string("seccomp: ") + std::strerror(errno));
}

void refuse_signals() {
  constexpr unsigned kCalls[] = {SYS_kill,
                                 SYS_tkill,
                                 SYS_tgkill,
                                 SYS_rt_sigqueueinfo,
                                 SYS_rt_tgsigqueueinfo,
                                 SYS_pidfd_send_signal};
  constexpr size_t kCount = std::size(kCalls);
  sock_filter steps[kCount + 3] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr))};
  for (size_t i = 0; i < kCount; ++i)
    steps[i + 1] =
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, kCalls[i], static_cast<uint8_t>(kCount - i), 0);
  steps[kCount + 1] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  steps[kCount + 2] = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
  const sock_fprog program{kCount + 3, steps};
  syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
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
