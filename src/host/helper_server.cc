// SPDX-License-Identifier: Apache-2.0
#include "host/helper_server.h"

#include <fcntl.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <fstream>
#include <map>

#include "host/channel.h"
#include "host/helper_message.h"
#include "sandbox/filter.h"

namespace stoq {
namespace {

constexpr int kMostSignals = 64;
constexpr size_t kMostFds = 16;

std::vector<char*> pointers(std::vector<std::string>& items) {
  std::vector<char*> all;
  for (std::string& item : items) all.push_back(item.data());
  all.push_back(nullptr);
  return all;
}

struct Program : wire::HelperStart {
  std::vector<Fd> fds;
};

// In the child, after the fork: nothing here needs memory. An error's number goes to `report`.
[[noreturn]] void become(const Program& program, char* const* arguments, char* const* environment,
                         int report, pid_t parent) {
  // Descriptors go first out of the way of the numbers that they are to have.
  const int count = static_cast<int>(program.fds.size());
  int high[kMostFds];
  report = fcntl(report, F_DUPFD_CLOEXEC, count + 1);
  const auto prepare = [&] {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || setpgid(0, 0) != 0) return false;
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    const rlimit no_core{0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    umask(077);
    for (int number = 1; number <= kMostSignals; ++number) std::signal(number, SIG_DFL);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    if (chdir(program.directory.empty() ? "/" : program.directory.c_str()) != 0) return false;
    for (int i = 0; i < count; ++i)
      if ((high[i] = fcntl(program.fds[i].get(), F_DUPFD_CLOEXEC, count + 1)) < 0) return false;
    for (int i = 0; i < count; ++i)
      if (dup2(high[i], i) < 0) return false;
    if (dup3(report, count, O_CLOEXEC) < 0) return false;
    constexpr int kConfinesSignals = 6;
    if (prctl(PR_GET_SECCOMP) == SECCOMP_MODE_FILTER &&
        sandbox::landlock_version() < kConfinesSignals)
      sandbox::refuse_signals();
    report = count;
    return close_range(static_cast<unsigned>(count) + 1, ~0U, 0) == 0;
  };
  if (prepare()) execve(program.path.c_str(), arguments, environment);
  const int error = errno;
  [[maybe_unused]] const ssize_t told = write(report, &error, sizeof error);
  _exit(127);
}

class HelperCalls {
 public:
  explicit HelperCalls(int socket) : socket_(socket) {}

  [[noreturn]] void run() {
    wire::Inbox inbox;
    wire::Message message;
    try {
      while (inbox.receive(socket_, message, wire::kLongBody) == wire::Received::message) {
        if (message.header.type == wire::Type::helper_start) start(message);
        if (message.header.type == wire::Type::helper_end) end(message.header.call);
      }
    } catch (const std::exception&) {  // not a message of ours: as if there were no more
    }
    kill_all();
    _exit(0);
  }

 private:
  void start(wire::Message& message) {
    Program program{wire::decode_helper_start(message.body), std::move(message.fds)};
    if (program.fds.size() > kMostFds) throw wire::Malformed("too many descriptors");
    const std::vector<char*> arguments = pointers(program.arguments);
    const std::vector<char*> environment = pointers(program.environment);
    int report[2];
    if (pipe2(report, O_CLOEXEC) != 0) return refuse(message, errno);
    Fd ours(report[0]), theirs(report[1]);
    const pid_t self = getpid();
    const pid_t pid = fork();
    if (pid == 0) become(program, arguments.data(), environment.data(), theirs.get(), self);
    if (pid < 0) return refuse(message, errno);
    theirs = Fd();
    int error = 0;
    ssize_t n;
    do n = read(ours.get(), &error, sizeof error);
    while (n < 0 && errno == EINTR);
    const Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (n != 0 || !pidfd) {
      if (n == 0) error = errno;
      kill(pid, SIGKILL);
      waitpid(pid, nullptr, 0);
      return refuse(message, error);
    }
    running_[message.header.call] = pid;
    wire::send(socket_, {wire::Type::helper_started, 0, message.header.call}, {}, {pidfd.get()});
  }

  void refuse(const wire::Message& message, int error) {
    wire::send(socket_, {wire::Type::refused, 0, message.header.call}, std::strerror(error));
  }

  void end(uint64_t number) {
    int status = -1;
    if (const auto at = running_.find(number); at != running_.end()) {
      kill(-at->second, SIGKILL);
      while (waitpid(at->second, &status, 0) < 0 && errno == EINTR) {
      }
      // What the leader leaves behind becomes ours, as this process is a subreaper.
      while (waitpid(-at->second, nullptr, 0) > 0 || errno == EINTR) {
      }
      running_.erase(at);
    }
    if (running_.empty()) kill_all();
    wire::Writer w;
    w.raw(status);
    wire::send(socket_, {wire::Type::helper_ended, 0, number}, w.str());
  }

  // Also those that have left their group.
  void kill_all() {
    for (const auto& [number, pid] : running_) kill(-pid, SIGKILL);
    const std::string list = "/proc/self/task/" + std::to_string(getpid()) + "/children";
    while (true) {
      std::ifstream children(list);
      const int how = children ? 0 : WNOHANG;  // a kernel without that list: those of the groups
      for (pid_t pid; children >> pid;) kill(pid, SIGKILL);
      if (waitpid(-1, nullptr, how) <= 0 && errno != EINTR) break;
    }
    running_.clear();
  }

  const int socket_;
  std::map<uint64_t, pid_t> running_;
};

}  // namespace

void serve_helpers(int socket) {
  prctl(PR_SET_NAME, "stoq-helpers");
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  HelperCalls(socket).run();
}

}  // namespace stoq
