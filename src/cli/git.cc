// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <thread>
#include <vector>

#include "cli/fetch.h"
#include "config/text.h"
#include "stoq/exceptions.h"
#include "stoq/sdk/descriptor.h"

namespace stoq::cli {
namespace {

using sdk::Fd;
using Clock = std::chrono::steady_clock;

constexpr const char* kGit = "/usr/bin/git";
constexpr auto kGitPatience = std::chrono::seconds(300);
constexpr size_t kErrors = 16 << 10;  // bytes of what git says

bool starts_with_any(std::string_view text, std::initializer_list<std::string_view> beginnings) {
  for (const std::string_view beginning : beginnings)
    if (text.starts_with(beginning)) return true;
  return false;
}

// The user's, but for what steers git; git asks nobody and uses no protocol but these.
std::vector<std::string> environment() {
  std::vector<std::string> kept = {"GIT_TERMINAL_PROMPT=0",
                                   "GIT_ASKPASS=/bin/false",
                                   "SSH_ASKPASS=/bin/false",
                                   "GIT_ALLOW_PROTOCOL=https:ssh:git:file",
                                   "GIT_SSH_COMMAND=ssh -oBatchMode=yes",
                                   "LC_ALL=C"};
  for (char** at = environ; at && *at; ++at)
    if (!starts_with_any(*at, {"GIT_", "SSH_ASKPASS=", "LC_ALL="})) kept.emplace_back(*at);
  return kept;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// No file that git writes may be larger than a plugin.
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
  Child(std::vector<std::string> command, int errors) {
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, errors, 2);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    std::vector<std::string> env = environment();
    const FileLimit limit;
    const int error = posix_spawn(&pid_, command[0].c_str(), &actions, &attributes,
                                  pointers(command).data(), pointers(env).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
      throw StoqException("cannot start " + command[0] + ": " + std::strerror(error) +
                          "; install git, or give a folder or an archive");
  }
  ~Child() {
    if (ended()) return;
    kill(pid_, SIGTERM);  // git ends what it has started
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
  bool ended_ = false;
};

// The line that says why; below it git says what one might do.
std::string reason_in(const std::string& text) {
  size_t at = text.find("fatal: ");
  if (at == text.npos) at = text.find("error: ");
  if (at == text.npos) at = 0;
  return text.substr(at, text.find('\n', at) - at);
}

}  // namespace

Source kind_of_source(const std::string& source, std::string& url, std::string& problem) {
  url = source.starts_with("git+") ? source.substr(4) : source;
  if (url.starts_with("stoq:")) {
    problem = config::quote(url) +
              " names one of the Python plugins of stoQ v2, which are not looked up by name; give "
              "its git URL, or its folder or archive";
    return Source::refused;
  }
  if (url.starts_with("http://")) {
    problem = config::quote(url) +
              " would be fetched without protection, and plugins are programs; use https://";
    return Source::refused;
  }
  if (!starts_with_any(url, {"https://", "ssh://", "git://", "file://"})) {
    if (url.find("://") == url.npos && !source.starts_with("git+")) {
      const size_t colon = url.find(':'), slash = url.find('/');
      if (!url.starts_with("git@") || colon == url.npos || slash < colon) return Source::local;
      problem = config::quote(url) + " is no URL; write it as ssh://" + url.substr(0, colon) + "/" +
                url.substr(colon + 1);
      return Source::refused;
    }
    problem = config::quote(url) +
              " is no git URL that can be fetched; there are https://, ssh://, git:// and file://";
    return Source::refused;
  }
  const std::string rest = url.substr(url.find("://") + 3);
  bool odd = rest.empty() || rest.size() > 2000 || rest.front() == '-';
  for (const char c : rest) odd |= static_cast<unsigned char>(c) <= 0x20 || c == 0x7f;
  if (const size_t at = rest.find('@'); at != rest.npos && at + 1 < rest.size())
    odd |= rest[at + 1] == '-';
  if (!odd) return Source::git;
  problem = config::quote(url) + " is no URL of a git repository";
  return Source::refused;
}

void clone_git(const std::string& url, const std::string& into) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    throw StoqException(std::string("pipe: ") + std::strerror(errno));
  Fd ours(ends[0]), theirs(ends[1]);
  Child git({kGit, "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c",
             "submodule.recurse=false", "clone", "--quiet", "--depth=1", "--single-branch",
             "--no-tags", "--template=", "--", url, into},
            theirs.get());
  theirs = Fd();
  std::string said;
  const auto until = Clock::now() + kGitPatience;
  while (!git.ended()) {
    if (Clock::now() > until)
      throw StoqException("git did not fetch " + url + " within " +
                          std::to_string(kGitPatience.count()) + " s");
    pollfd wait{ours.get(), POLLIN, 0};
    char chunk[4096];
    ssize_t n = 0;
    if (poll(&wait, 1, 100) > 0 && (n = read(ours.get(), chunk, sizeof chunk)) > 0 &&
        said.size() < kErrors)
      said.append(chunk, static_cast<size_t>(n));
    else if (n == 0 && wait.revents)
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  fcntl(ours.get(), F_SETFL, O_NONBLOCK);
  char chunk[4096];
  for (ssize_t n; said.size() < kErrors && (n = read(ours.get(), chunk, sizeof chunk)) > 0;)
    said.append(chunk, static_cast<size_t>(n));
  if (!git.good())
    throw StoqException("git cannot fetch " + url + ": " + config::printable(reason_in(said)));
}

}  // namespace stoq::cli
