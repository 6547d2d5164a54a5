// SPDX-License-Identifier: Apache-2.0
#include "cli/child.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <thread>

#include "cli/fetch.h"
#include "stoq/sdk/descriptor.h"

namespace stoq::cli {
namespace {

using sdk::Fd;
using Clock = std::chrono::steady_clock;

constexpr size_t kSaid = 16 << 10;  // bytes of what it says

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

class FileLimit {
 public:
  FileLimit() {
    getrlimit(RLIMIT_FSIZE, &before_);
    rlimit lower = before_;
    lower.rlim_cur = std::min<rlim_t>(before_.rlim_cur, kMostBytes);
    setrlimit(RLIMIT_FSIZE, &lower);
  }
  ~FileLimit() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_{};
};

// A child process; ended, if need be, with the object.
class Child {
 public:
  // 0, or why it does not start.
  int start(std::vector<std::string> command, std::vector<std::string> environment, int output,
            const std::string& directory) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    posix_spawn_file_actions_adddup2(&actions, output, 2);
    if (!directory.empty()) posix_spawn_file_actions_addchdir_np(&actions, directory.c_str());
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    const FileLimit limit;
    const int error = posix_spawn(&pid_, command[0].c_str(), &actions, &attributes,
                                  pointers(command).data(), pointers(environment).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    ended_ = error != 0;
    return error;
  }
  Child() = default;
  ~Child() {
    if (ended()) return;
    kill(pid_, SIGTERM);  // it ends what it has started
    for (int i = 0; i < 20 && !ended(); ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    if (ended()) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, &status_, 0);
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  bool ended() {
    if (!ended_) ended_ = waitpid(pid_, &status_, WNOHANG) == pid_;
    return ended_;
  }
  bool good() const { return ended_ && WIFEXITED(status_) && WEXITSTATUS(status_) == 0; }

 private:
  pid_t pid_ = -1;
  int status_ = 0;
  bool ended_ = true;
};

}  // namespace

Ended run_to_end(const std::vector<std::string>& command, std::vector<std::string> environment,
                 std::chrono::seconds patience, const std::string& directory) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return {Ended::How::not_started, std::strerror(errno)};
  Fd ours(ends[0]), theirs(ends[1]);
  Child child;
  if (const int error = child.start(command, std::move(environment), theirs.get(), directory))
    return {Ended::How::not_started, std::strerror(error)};
  theirs = Fd();
  Ended end;
  fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  const auto take = [&] {
    char chunk[4096];
    const ssize_t n = read(ours.get(), chunk, sizeof chunk);
    if (n > 0 && end.said.size() < kSaid) end.said.append(chunk, static_cast<size_t>(n));
    return n;
  };
  const auto until = Clock::now() + patience;
  while (!child.ended()) {
    if (Clock::now() > until) return {Ended::How::too_late, std::move(end.said)};
    pollfd wait{ours.get(), POLLIN, 0};
    if (poll(&wait, 1, 100) > 0 && take() == 0)  // it has closed its end, and goes on
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  while (take() > 0) {
  }
  end.how = child.good() ? Ended::How::good : Ended::How::bad;
  return end;
}

}  // namespace stoq::cli
