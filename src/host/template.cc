// SPDX-License-Identifier: Apache-2.0
#include "host/template.h"

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

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include "host/spec_message.h"
#include "sandbox/confine.h"
#include "sandbox/namespaces.h"
#include "sandbox/privileges.h"
#include "stoq/exceptions.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif

namespace stoq {
namespace {

// The templates of one engine, in memory that they share: a process that has lost its parent and
// is none of them was started by a host. Hosts do not have it.
struct Templates {
  static constexpr uint32_t kMost = 4096;
  std::atomic<uint32_t> added;
  std::atomic<pid_t> pids[kMost];

  static Templates* make() {
    void* memory =
        mmap(nullptr, sizeof(Templates), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) _exit(2);
    return new (memory) Templates;
  }
  void add(pid_t pid) { pids[added++ % kMost] = pid; }
  bool contains(pid_t pid) const {
    return std::find(std::begin(pids), std::end(pids), pid) != std::end(pids);
  }
};

using Clock = std::chrono::steady_clock;
constexpr int kLookForOrphans = 50;  // milliseconds

class Template {
 public:
  Template(int control, ModuleLoader& loader) : control_(control), loader_(loader) {
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    templates_->add(getpid());
    watch_children();
  }

  [[noreturn]] void run() {
    wire::Inbox inbox;
    wire::Message message;
    while (true) {
      pollfd fds[2] = {{control_, POLLIN, 0}, {signals_.get(), POLLIN, 0}};
      // Hosts that may start programs may also lose sight of them.
      const bool legacy =
          sandbox_ && sandbox_->spec().profile == config::Profile::legacy && !children_.empty();
      const int ready = poll(fds, 2, legacy ? kLookForOrphans : -1);
      if (const auto now = Clock::now();
          legacy && now - looked_ >= std::chrono::milliseconds(kLookForOrphans)) {
        end_orphans();
        looked_ = now;
      }
      if (ready <= 0) continue;
      if (fds[1].revents) reap();
      if (!fds[0].revents) continue;
      if (inbox.receive(control_, message, wire::kLongBody) != wire::Received::message) leave();
      switch (message.header.type) {
        case wire::Type::confine:
          confine(message.body);
          break;
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
    rusage used{};
    bool ended = false;
    for (pid_t pid; (pid = wait4(-1, &status, WNOHANG, &used)) > 0;) {
      const auto child = children_.find(pid);
      ended = true;
      if (child == children_.end()) continue;  // what a host had left behind
      remove(child->second);
      children_.erase(child);
      wire::Writer w;
      w.raw(pid).raw(status).u64(static_cast<uint64_t>(used.ru_maxrss) << 10);
      say(wire::Type::ended, w.str());
    }
    if (ended) end_orphans();
  }

  // This process is a subreaper: what a host has started and not taken with it is here; what that
  // has started, once it has ended, too.
  bool end_orphans() {
    const std::string list = "/proc/self/task/" + std::to_string(getpid()) + "/children";
    std::ifstream children(list);
    bool found = false;
    for (pid_t pid; children >> pid;)
      if (!children_.contains(pid) && !templates_->contains(pid)) found |= kill(pid, SIGKILL) == 0;
    return found;
  }

  static void remove(const std::string& tmp) {
    std::error_code ignored;
    if (!tmp.empty()) std::filesystem::remove_all(tmp, ignored);
  }

  // The engine is gone, or has no more use for this process; templates go on without it.
  [[noreturn]] void leave() {
    for (const auto& [pid, tmp] : children_) {
      if (templates_->contains(pid)) continue;
      kill(pid, SIGKILL);
      waitpid(pid, nullptr, 0);
      remove(tmp);
    }
    // Whoever has lost its parent now comes here, one generation after the other.
    for (int round = 0; round < 1000 && end_orphans(); ++round) {
      usleep(500);
      for (pid_t pid = 1; pid > 0;) pid = waitpid(-1, nullptr, WNOHANG);
    }
    _exit(0);
  }

  void say(wire::Type type, std::string_view body, const std::vector<int>& fds = {}) {
    if (!wire::send(control_, {type, 0, 0, 0}, body, fds)) leave();
  }

  void log(LogLevel level, std::string_view line) {
    wire::Writer w;
    w.raw(static_cast<uint8_t>(level)).text(line.substr(0, 16 << 10));
    say(wire::Type::records, w.str());
  }

  void confine(std::string_view body) {
    sandbox::Missing missing;
    try {
      sandbox_ = std::make_shared<const sandbox::Sandbox>(sandbox::decode(body));
    } catch (const StoqException& e) {
      return say(wire::Type::refused, e.what());
    }
    for (const std::string& entry : sandbox_->spec().environment) putenv(strdup(entry.c_str()));
    loader_.environment_changed();
    sandbox_->enter_namespaces(missing);
    if (sandbox_->spec().confined) try_out(missing);
    wire::Writer w;
    say(wire::Type::confined, w.list(missing).str());
  }

  // A child tries everything that a host will do, for the layers that this machine does not give.
  void try_out(sandbox::Missing& missing) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return;
    const Fd ours(ends[0]);
    Fd theirs(ends[1]);
    const pid_t pid = start();
    if (pid == 0) {
      sandbox::Missing found;
      const sandbox::User user = sandbox::user_of_hosts(sandbox_->spec(), {});
      const bool mounted = sandbox_->mount_tmp(user, found);
      sandbox_->confine(sandbox::Who::host, user, {}, found);
      wire::Writer w;
      w.raw(mounted).list(found);
      _exit(write(theirs.get(), w.str().data(), w.str().size()) < 0);
    }
    theirs = Fd();
    std::string said(16 << 10, 0);
    const ssize_t n = pid < 0 ? -1 : read(ours.get(), said.data(), said.size());
    if (pid > 0) waitpid(pid, nullptr, 0);
    try {
      wire::Reader r(std::string_view(said).substr(0, n < 0 ? 0 : static_cast<size_t>(n)));
      mounts_tmp_ = r.raw<bool>();
      for (std::string& line : r.list()) missing.push_back(std::move(line));
    } catch (const wire::Malformed&) {
      missing.push_back("sandbox: a process that enters it does not live");
    }
    if (mounts_tmp_) *tmp_ = sandbox_->spec().tmp_place;
  }

  void load(std::string_view body) {
    const PluginSpec spec = wire::decode_spec(body);
    auto helpers = std::make_shared<HelperProcesses>(spec.helpers, HelperServer::forked);
    try {
      plugins_.push_back(loader_.load(
          spec, host_log([this](LogLevel level, std::string_view line) { log(level, line); }),
          {tmp_, helpers}));
    } catch (const std::exception& e) {
      return say(wire::Type::refused, e.what());
    }
    helpers_.push_back(std::move(helpers));
    places_.folders.push_back(spec.folder);
    if (!spec.state.empty()) places_.state.push_back(spec.state);
    say(wire::Type::loaded, wire::encode_loaded(plugins_.back()->info()));
  }

  // In the child: nothing is watched and no signal is blocked.
  pid_t start() {
    loader_.before_fork();
    const pid_t pid = fork();
    loader_.after_fork(pid == 0);
    if (pid != 0) return pid;
    signals_ = Fd();
    children_.clear();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    return 0;
  }

  void forked(pid_t pid, std::string tmp = {}) {
    if (pid < 0) {
      remove(tmp);
      return say(wire::Type::refused, "the kernel cannot fork another process");
    }
    children_[pid] = std::move(tmp);
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
      if (pid > 0) templates_->add(pid);  // before anybody may look
      return forked(pid);
    }
    if (dup3(message.fds[0].get(), control_, O_CLOEXEC) < 0) _exit(2);
    message.fds.clear();
    prctl(PR_SET_CHILD_SUBREAPER, 1);  // not inherited
    watch_children();
  }

  void fork_host(wire::Message& message) {
    if (message.fds.size() != 2 || !sandbox_) _exit(2);
    std::string tmp;
    if (sandbox_->spec().confined && !mounts_tmp_)
      tmp = sandbox::directory_on_disk(user_of_hosts());
    const pid_t pid = start();
    if (pid != 0) {
      message.fds.clear();
      return forked(pid, std::move(tmp));
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int socket = message.fds[0].release();
    void* arena = mmap(nullptr, wire::kArena, PROT_READ, MAP_SHARED, message.fds[1].get(), 0);
    if (arena == MAP_FAILED) _exit(2);
    message.fds.clear();
    close(control_);
    munmap(templates_, sizeof *templates_);
    confine_host(socket, std::move(tmp));
    try {
      loader_.become_host(plugins_);
      serve_calls(socket, static_cast<const uint8_t*>(arena), plugins_, *tmp_);
    } catch (const std::exception&) {
      _exit(3);  // a message from the engine that cannot be: not ours to mend
    }
  }

  // What it cannot be given, the template has told of when it tried.
  void confine_host(int socket, std::string tmp) {
    const sandbox::Spec& spec = sandbox_->spec();
    sandbox::limit_memory(spec.memory);
    if (!spec.confined) return;
    sandbox::Missing ignored;
    const sandbox::User user = user_of_hosts();
    if (mounts_tmp_)
      sandbox_->mount_tmp(user, ignored);
    else
      *tmp_ = std::move(tmp);
    if (!tmp_->empty()) setenv("TMPDIR", tmp_->c_str(), 1);
    sandbox::Places places = places_;
    places.tmp = *tmp_;
    for (const auto& helpers : helpers_) {
      places.programs = helpers->programs();
      helpers->start_confined(
          [&] { sandbox_->confine(sandbox::Who::helpers, user, places, ignored); });
    }
    sandbox::report_refused_calls(socket);
    sandbox_->confine(sandbox::Who::host, user, places, ignored);
  }

  sandbox::User user_of_hosts() const {
    sandbox::Places all = places_;
    for (const auto& helpers : helpers_)
      for (std::string& program : helpers->programs()) all.programs.push_back(std::move(program));
    return sandbox::user_of_hosts(sandbox_->spec(), all);
  }

  int control_;
  ModuleLoader& loader_;
  Fd signals_;
  Templates* const templates_ = Templates::make();
  std::map<pid_t, std::string> children_;  // with what is to be removed after them
  Loaded plugins_;
  std::vector<std::shared_ptr<HelperProcesses>> helpers_;
  std::shared_ptr<const sandbox::Sandbox> sandbox_;
  sandbox::Places places_;
  bool mounts_tmp_ = false;
  Clock::time_point looked_ = Clock::now();  // for orphans
  std::shared_ptr<std::string> tmp_ = std::make_shared<std::string>();
};

}  // namespace

int control_of(int argc, char** argv, std::string_view job) {
  int control = -1;
  if (argc != 3 || argv[1] != job) return -1;
  const std::string_view number = argv[2];
  const char* end = number.data() + number.size();
  if (std::from_chars(number.data(), end, control).ec != std::errc() || fcntl(control, F_GETFD) < 0)
    return -1;
  fcntl(control, F_SETFD, FD_CLOEXEC);
  return control;
}

int started_by_hand(const char* program) {
  std::fprintf(stderr,
               "%s is started by the engine and serves plugins to it; there is nothing to run by "
               "hand\n",
               program);
  return 2;
}

void serve_template(int control, const char* name, ModuleLoader& loader) {
  prctl(PR_SET_NAME, name);
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  // Memory that a payload needed is kept for the next one: the first touch of fresh pages costs
  // more than most scans.
  mallopt(M_MMAP_THRESHOLD, 64 << 20);
  mallopt(M_TRIM_THRESHOLD, 128 << 20);
  Template(control, loader).run();
}

}  // namespace stoq
