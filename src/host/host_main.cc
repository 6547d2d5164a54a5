// SPDX-License-Identifier: Apache-2.0
//
// stoq-host: started by the engine with one end of a socket, as a template without plugins.
// Templates load plugins, fork further templates and hosts, and report how their children end. One
// thread; ends when the engine closes the socket. Or as the process that runs helper programs of
// plugins in the engine's process, or one that looks at a module and says what it declares.
#include <fcntl.h>
#include <malloc.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <charconv>
#include <csignal>
#include <cstdio>
#include <fstream>

#include "host/description.h"
#include "host/helper_server.h"
#include "host/host_serve.h"
#include "host/spec_message.h"
#include "loader/native.h"
#include "stoq/exceptions.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif

namespace stoq {
namespace {

// Private writable memory that this process has already, which RLIMIT_DATA counts too.
[[maybe_unused]] uint64_t data_in_use() {
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

void limit_memory([[maybe_unused]] uint64_t bytes) {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  const rlim_t most = data_in_use() + bytes;
  const rlimit limit{most, most};
  setrlimit(RLIMIT_DATA, &limit);
#endif
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
}

class Template {
 public:
  explicit Template(int control) : control_(control) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    watch_children();
  }

  [[noreturn]] void run() {
    wire::Inbox inbox;
    wire::Message message;
    while (true) {
      pollfd fds[2] = {{control_, POLLIN, 0}, {signals_.get(), POLLIN, 0}};
      if (poll(fds, 2, -1) < 0) continue;
      if (fds[1].revents) reap();
      if (!fds[0].revents) continue;
      if (inbox.receive(control_, message, wire::kLongBody) != wire::Received::message) _exit(0);
      switch (message.header.type) {
        case wire::Type::load:
          load(message.body);
          break;
        case wire::Type::fork_template:
          fork_template(message);
          break;
        case wire::Type::fork_host:
          fork_host(message);
          break;
        default:
          _exit(2);
      }
    }
  }

 private:
  void watch_children() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGCHLD);
    sigprocmask(SIG_BLOCK, &set, nullptr);
    signals_ = Fd(signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  }

  void reap() {
    signalfd_siginfo info;
    while (read(signals_.get(), &info, sizeof info) > 0) {
    }
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
      wire::Writer w;
      w.raw(pid).raw(status);
      say(wire::Type::ended, w.str());
    }
  }

  void say(wire::Type type, std::string_view body, const std::vector<int>& fds = {}) {
    if (!wire::send(control_, {type, 0, 0, 0}, body, fds)) _exit(0);
  }

  void log(LogLevel level, std::string_view line) {
    wire::Writer w;
    w.raw(static_cast<uint8_t>(level)).text(line.substr(0, 16 << 10));
    say(wire::Type::records, w.str());
  }

  void load(std::string_view body) {
    const PluginSpec spec = wire::decode_spec(body);
    try {
      plugins_.push_back(load_native(
          spec, host_log([this](LogLevel level, std::string_view line) { log(level, line); }), {},
          HelperServer::forked));
      say(wire::Type::loaded, wire::encode_loaded(plugins_.back()->info()));
    } catch (const std::exception& e) {
      say(wire::Type::refused, e.what());
    }
  }

  // In the child: nothing is watched and no signal is blocked.
  pid_t start() {
    const pid_t pid = fork();
    if (pid != 0) return pid;
    signals_ = Fd();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    return 0;
  }

  void forked(pid_t pid) {
    if (pid < 0) return say(wire::Type::refused, "the kernel cannot fork another process");
    const Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (!pidfd)
      return say(wire::Type::refused, "the kernel gives no pidfd; stoQ needs Linux 5.3 or newer");
    wire::Writer w;
    w.raw(pid);
    say(wire::Type::forked, w.str(), {pidfd.get()});
  }

  void fork_template(wire::Message& message) {
    if (message.fds.size() != 1) _exit(2);
    const pid_t pid = start();
    if (pid != 0) {
      message.fds.clear();
      return forked(pid);
    }
    if (dup3(message.fds[0].get(), control_, O_CLOEXEC) < 0) _exit(2);
    message.fds.clear();
    watch_children();
  }

  void fork_host(wire::Message& message) {
    if (message.fds.size() != 2) _exit(2);
    const uint64_t memory = wire::Reader(message.body).u64();
    const pid_t pid = start();
    if (pid != 0) {
      message.fds.clear();
      return forked(pid);
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int socket = message.fds[0].release();
    void* arena = mmap(nullptr, wire::kArena, PROT_READ, MAP_SHARED, message.fds[1].get(), 0);
    if (arena == MAP_FAILED) _exit(2);
    message.fds.clear();
    close(control_);
    limit_memory(memory);
    try {
      serve_calls(socket, static_cast<const uint8_t*>(arena), plugins_);
    } catch (const std::exception&) {
      _exit(3);  // a message from the engine that cannot be: not ours to mend
    }
  }

  int control_;
  Fd signals_;
  Loaded plugins_;
};

}  // namespace
}  // namespace stoq

int main(int argc, char** argv) {
  int control = -1;
  const std::string_view job = argc == 3 ? argv[1] : "";
  if ((job != "--template" && job != "--helpers" && job != "--describe") ||
      std::from_chars(argv[2], argv[2] + std::string_view(argv[2]).size(), control).ec !=
          std::errc() ||
      fcntl(control, F_GETFD) < 0) {
    std::fprintf(stderr,
                 "stoq-host is started by the engine and serves plugins to it; there is nothing to "
                 "run by hand\n");
    return 2;
  }
  fcntl(control, F_SETFD, FD_CLOEXEC);
  if (job == "--helpers") stoq::serve_helpers(control);
  if (job == "--describe") stoq::serve_description(control);
  prctl(PR_SET_NAME, "stoq-host");
  std::signal(SIGPIPE, SIG_IGN);
  // Memory that a payload needed is kept for the next one: the first touch of fresh pages costs
  // more than most scans.
  mallopt(M_MMAP_THRESHOLD, 64 << 20);
  mallopt(M_TRIM_THRESHOLD, 128 << 20);
  stoq::Template(control).run();
}
