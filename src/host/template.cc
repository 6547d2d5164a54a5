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

#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <map>
#include <optional>

#include "host/spec_message.h"
#include "host/template_list.h"
#include "sandbox/confine.h"
#include "sandbox/namespaces.h"
#include "sandbox/privileges.h"
#include "stoq/exceptions.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif

namespace stoq {
namespace {

using Clock = std::chrono::steady_clock;
constexpr int kLookForOrphans = 50;            // milliseconds
constexpr std::chrono::seconds kKeepReady(1);  // a file that is replaced opens to later hosts

// What all hosts need alike.
struct Ready {
  sandbox::Who who = sandbox::Who::host;
  sandbox::User user{};
  std::optional<sandbox::FileRules> files;  // none: its private tmp is another for each host
  uint64_t memory_in_use = 0;               // bytes
  Clock::time_point made = Clock::now();
};

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
    std::vector<std::string> told;
    for (pid_t pid; (pid = wait4(-1, &status, WNOHANG, &used)) > 0;) {
      templates_->remove(pid);
      const auto child = children_.find(pid);
      if (child == children_.end()) {  // what a host had left behind
        told.emplace_back();
        continue;
      }
      remove(child->second);
      children_.erase(child);
      wire::Writer w;
      told.push_back(
          std::move(w.raw(pid).raw(status).u64(static_cast<uint64_t>(used.ru_maxrss) << 10).str()));
    }
    if (!told.empty() && may_leave_children()) end_orphans();
    for (const std::string& end : told)
      if (!end.empty()) say(wire::Type::ended, end);
  }

  // Templates and hosts that nobody confines, too.
  bool may_leave_children() const {
    if (!sandbox_ || !sandbox_->spec().confined) return true;
    const config::Profile profile = sandbox_->spec().profile;
    return profile != config::Profile::compute && profile != config::Profile::network;
  }

  bool end_orphans() {
    return templates_->end_others([&](pid_t pid) { return children_.contains(pid); });
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

  void say(wire::Type type, std::string_view body, const std::vector<int>& fds = {},
           uint64_t request = 0) {
    if (!wire::send(control_, {type, 0, request, 0}, body, fds)) leave();
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
      sandbox_->confine(sandbox::Who::host, user,
                        sandbox_->file_rules(sandbox::Who::host, {}, found), found);
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
    if (!mounts_tmp_) return;
    *tmp_ = sandbox::private_directory(sandbox_->spec());
    setenv("TMPDIR", tmp_->c_str(), 1);
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
    // Those that look at payloads write there while they are loaded only.
    if (!spec.state.empty() && !plugins_.back()->info().roles.only_look())
      places_.state.push_back(spec.state);
    ready_.reset();
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

  void forked(uint64_t request, pid_t pid, std::string tmp = {}) {
    if (pid < 0) {
      remove(tmp);
      return say(wire::Type::refused, "the kernel cannot fork another process", {}, request);
    }
    children_[pid] = std::move(tmp);
    const Fd pidfd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
    if (!pidfd)
      return say(wire::Type::refused, "the kernel gives no pidfd; stoQ needs Linux 5.3 or newer",
                 {}, request);
    wire::Writer w;
    w.raw(pid);
    say(wire::Type::forked, w.str(), {pidfd.get()}, request);
  }

  void fork_template(wire::Message& message) {
    if (message.fds.size() != 1) _exit(2);
    const pid_t pid = start();
    if (pid != 0) {
      message.fds.clear();
      if (pid > 0) templates_->add(pid);  // before anybody may look
      return forked(message.header.call, pid);
    }
    if (dup3(message.fds[0].get(), control_, O_CLOEXEC) < 0) _exit(2);
    message.fds.clear();
    prctl(PR_SET_CHILD_SUBREAPER, 1);  // not inherited
    watch_children();
  }

  void fork_host(wire::Message& message) {
    if (message.fds.size() != 3 || !sandbox_) _exit(2);
    std::string tmp;
    const sandbox::User user = ready().user;
    if (sandbox_->spec().confined && !mounts_tmp_) tmp = sandbox::directory_on_disk(user);
    const pid_t pid = start();
    if (pid != 0) {
      message.fds.clear();
      return forked(message.header.call, pid, std::move(tmp));
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const int socket = message.fds[0].release();
    void* arena = mmap(nullptr, wire::kArena, PROT_READ, MAP_SHARED, message.fds[1].get(), 0);
    if (arena == MAP_FAILED) _exit(2);
    Outbox outbox(message.fds[2]);
    message.fds.clear();
    close(control_);
    munmap(templates_, sizeof *templates_);
    Fd descriptors(open("/proc/self/fd", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    confine_host(socket, std::move(tmp));
    try {
      loader_.become_host(plugins_);
      serve_calls(socket, static_cast<const uint8_t*>(arena), outbox, plugins_, *tmp_,
                  std::move(descriptors));
    } catch (const std::exception&) {
      _exit(3);  // a message from the engine that cannot be: not ours to mend
    }
  }

  // Found out once, and again when it is old.
  const Ready& ready() {
    if (ready_ && Clock::now() - ready_->made < kKeepReady) return *ready_;
    ready_.emplace();
    ready_->memory_in_use = sandbox::data_in_use();
    for (const auto& plugin : plugins_)
      if (plugin->info().roles.has(Role::provider)) ready_->who = sandbox::Who::provider;
    if (!sandbox_->spec().confined) return *ready_;
    sandbox::Places all = places_;
    for (const auto& helpers : helpers_)
      for (std::string& program : helpers->programs()) all.programs.push_back(std::move(program));
    ready_->user = sandbox::user_of_hosts(sandbox_->spec(), all);
    if (mounts_tmp_) {
      sandbox::Missing told;
      all.tmp = sandbox_->spec().tmp_place;
      ready_->files.emplace(sandbox_->file_rules(ready_->who, all, told));
    }
    return *ready_;
  }

  // What it cannot be given, the template has told of when it tried.
  void confine_host(int socket, std::string tmp) {
    const sandbox::Spec& spec = sandbox_->spec();
    const sandbox::User user = ready_->user;
    sandbox::limit_memory(spec.memory, ready_->memory_in_use);
    if (!spec.confined) return;
    if (spec.profile != config::Profile::legacy) close_errors();
    sandbox::Missing ignored;
    if (!mounts_tmp_) {
      *tmp_ = std::move(tmp);
      if (!tmp_->empty()) setenv("TMPDIR", tmp_->c_str(), 1);
    } else if (!sandbox_->mount_tmp(user, ignored)) {
      _exit(2);  // with what lies below it, it would write where it must not
    }
    sandbox::Places places = places_;
    places.tmp = *tmp_;
    for (const auto& helpers : helpers_) {
      places.programs = helpers->programs();
      helpers->start_confined([&] {
        sandbox_->confine(sandbox::Who::helpers, user,
                          sandbox_->file_rules(sandbox::Who::helpers, places, ignored), ignored);
      });
    }
    sandbox::report_refused_calls(socket);
    if (!ready_->files) ready_->files.emplace(sandbox_->file_rules(ready_->who, places, ignored));
    sandbox_->confine(ready_->who, user, *ready_->files, ignored);
    ready_.reset();
  }

  // Where they go may be somebody's terminal, or the file that results go to. Sanitizers report
  // there.
  static void close_errors() {
    const Fd nowhere(open("/dev/null", O_WRONLY | O_CLOEXEC));
    if (!sandbox::kWatched && nowhere) dup2(nowhere.get(), STDERR_FILENO);
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
  std::optional<Ready> ready_;
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
  unsetenv("LD_BIND_NOW");
  unsetenv("GLIBC_TUNABLES");
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  // Memory that a payload needed is kept for the next one: the first touch of fresh pages costs
  // more than most scans.
  mallopt(M_MMAP_THRESHOLD, 64 << 20);
  mallopt(M_TRIM_THRESHOLD, 128 << 20);
  Template(control, loader).run();
}

}  // namespace stoq
