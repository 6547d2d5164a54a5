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

#include <algorithm>
#include <cerrno>
#include <csignal>
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

Filter compute(const Spec& spec, Who who) {
  CallRules rules(kTrap);
  rules.all(kAllow, kCompute);
  const bool named = std::ranges::find(spec.calls, kMemoryFile) != spec.calls.end();
  // A plugin with helper programs hands them the payload in one.
  const bool hands_on = who == Who::provider || spec.profile == config::Profile::exec;
  if (!named) rules.add(hands_on ? kAllow : no(ENOSYS), kMemoryFile);
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
