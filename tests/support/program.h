// SPDX-License-Identifier: Apache-2.0
//
// Runs a program as a user would: arguments, stdin and time in; exit code, stdout and stderr out.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace stoq::test {

struct ProgramResult {
  int exit_code = -1;  // -1: ended by a signal
  int signal = 0;      // the one that ended it
  bool timed_out = false;
  std::string out, err;
};

struct ProgramOptions {
  std::string input;  // its stdin; /dev/null when empty
  std::vector<std::string>
      environment;        // "NAME=value", instead of or added to ours; "NAME": taken out
  std::string directory;  // its working directory; empty: ours
  int out_fd = -1;        // its stdout; -1: collected in ProgramResult::out
  std::chrono::milliseconds timeout = std::chrono::seconds(120);
};

namespace program_detail {

class Pipe {
 public:
  Pipe() {
    if (pipe2(ends_, O_CLOEXEC) != 0)
      throw std::runtime_error(std::string("pipe: ") + std::strerror(errno));
  }
  ~Pipe() {
    shut(0);
    shut(1);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int end(int which) const { return ends_[which]; }
  void shut(int which) {
    if (ends_[which] >= 0) close(ends_[which]);
    ends_[which] = -1;
  }

 private:
  int ends_[2];
};

inline std::vector<std::string> merged_environment(const std::vector<std::string>& changes) {
  std::vector<std::string> all;
  const auto name = [](std::string_view entry) { return entry.substr(0, entry.find('=')); };
  for (char** entry = environ; *entry; ++entry)
    if (std::none_of(changes.begin(), changes.end(),
                     [&](const std::string& c) { return name(c) == name(*entry); }))
      all.emplace_back(*entry);
  for (const std::string& change : changes)
    if (change.find('=') != change.npos) all.push_back(change);
  return all;
}

inline std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// What is there to read now; false at the end of the stream.
inline bool drain(int fd, std::string& into) {
  char chunk[64 << 10];
  for (;;) {
    const ssize_t n = read(fd, chunk, sizeof chunk);
    if (n > 0)
      into.append(chunk, static_cast<size_t>(n));
    else if (n == 0)
      return false;
    else if (errno != EINTR)
      return errno == EAGAIN;
  }
}

}  // namespace program_detail

// A program that is running, in a process group of its own, which is killed with the object.
class Program {
 public:
  // command[0] is a path. Throws std::runtime_error when it cannot be started.
  explicit Program(std::vector<std::string> command, ProgramOptions options = {})
      : options_(std::move(options)) {
    using namespace program_detail;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    if (options_.input.empty())
      posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    else
      posix_spawn_file_actions_adddup2(&actions, in_.end(0), 0);
    posix_spawn_file_actions_adddup2(&actions, options_.out_fd >= 0 ? options_.out_fd : out_.end(1),
                                     1);
    posix_spawn_file_actions_adddup2(&actions, err_.end(1), 2);
    if (!options_.directory.empty())
      posix_spawn_file_actions_addchdir_np(&actions, options_.directory.c_str());
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
    std::vector<std::string> environment = merged_environment(options_.environment);
    const int error = posix_spawn(&pid_, command.at(0).c_str(), &actions, &attributes,
                                  pointers(command).data(), pointers(environment).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
      throw std::runtime_error("cannot start " + command[0] + ": " + std::strerror(error));
    end_ = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
    in_.shut(0);
    out_.shut(1);
    err_.shut(1);
    if (options_.input.empty()) in_.shut(1);
    for (const int fd : {in_.end(1), out_.end(0), err_.end(0)})
      if (fd >= 0) fcntl(fd, F_SETFL, O_NONBLOCK);
  }
  ~Program() {
    if (waited_) return;
    ::kill(-pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    if (end_ >= 0) close(end_);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t pid() const { return pid_; }
  void kill(int signal) const { ::kill(pid_, signal); }

  // Until it ends, or time is up: then it is killed, with what it has started.
  ProgramResult wait() {
    using namespace program_detail;
    using Clock = std::chrono::steady_clock;
    ProgramResult result;
    const Clock::time_point deadline = Clock::now() + options_.timeout;
    std::string_view rest = options_.input;
    const auto old_pipe = ::signal(SIGPIPE, SIG_IGN);
    for (bool ended = false; !ended;) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now()).count();
      if (left <= 0 && !result.timed_out) {
        result.timed_out = true;
        ::kill(-pid_, SIGKILL);
      }
      pollfd all[] = {{end_, POLLIN, 0},
                      {out_.end(0), POLLIN, 0},
                      {err_.end(0), POLLIN, 0},
                      {in_.end(1), POLLOUT, 0}};
      poll(all, std::size(all), static_cast<int>(std::clamp<long long>(left, 0, 1000)));
      ended = all[0].revents != 0;
      // What others hold open after its end is not waited for.
      if (out_.end(0) >= 0 && !drain(out_.end(0), result.out)) out_.shut(0);
      if (err_.end(0) >= 0 && !drain(err_.end(0), result.err)) err_.shut(0);
      if (all[3].revents != 0) {
        const ssize_t n = write(in_.end(1), rest.data(), rest.size());
        if (n > 0) rest.remove_prefix(static_cast<size_t>(n));
        if (rest.empty() || (n < 0 && errno != EAGAIN && errno != EINTR)) in_.shut(1);
      }
    }
    ::signal(SIGPIPE, old_pipe);
    int status = 0;
    waitpid(pid_, &status, 0);
    close(end_);
    waited_ = true;
    if (WIFEXITED(status)) result.exit_code = WEXITSTATUS(status);
    if (WIFSIGNALED(status)) result.signal = WTERMSIG(status);
    return result;
  }

 private:
  ProgramOptions options_;
  program_detail::Pipe in_, out_, err_;
  pid_t pid_ = -1;
  int end_ = -1;
  bool waited_ = false;
};

inline ProgramResult run_program(std::vector<std::string> command, ProgramOptions options = {}) {
  return Program(std::move(command), std::move(options)).wait();
}

}  // namespace stoq::test
