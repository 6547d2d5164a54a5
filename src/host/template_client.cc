// SPDX-License-Identifier: Apache-2.0
#include "host/template_client.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstring>

#include "host/memory_of.h"
#include "host/spec_message.h"
#include "stoq/exceptions.h"

namespace stoq {
namespace {

const std::string kWrongAnswer = "a wrong answer";
constexpr std::chrono::milliseconds kEndPatience(
    2000);                              // until one of its children is known to have ended
constexpr double kAnswerPatience = 10;  // seconds for an answer that takes microseconds

// What a host needs of the environment: how times are shown, and what sanitizers are told.
std::vector<std::string> environment() {
  // Symbols are looked up once, not in each process that is forked later; and memory is touched
  // first in large pages.
  std::vector<std::string> kept = {"LANG=C.UTF-8", "LD_BIND_NOW=1",
                                   "GLIBC_TUNABLES=glibc.malloc.hugetlb=1"};
  // As the program does for itself.
  if (!getenv("TZ")) kept.emplace_back("TZ=:/etc/localtime");
  for (char** at = environ; at && *at; ++at) {
    const std::string_view entry = *at;
    if (entry.starts_with("TZ=") || entry.starts_with("ASAN_OPTIONS=") ||
        entry.starts_with("UBSAN_OPTIONS=") || entry.starts_with("TSAN_OPTIONS=") ||
        entry.starts_with("LSAN_OPTIONS="))
      kept.emplace_back(entry);
  }
  return kept;
}

}  // namespace

void Process::kill() const {
  if (pidfd) syscall(SYS_pidfd_send_signal, pidfd.get(), SIGKILL, nullptr, 0);
}

std::string describe_end(int status) {
  if (WIFEXITED(status)) return "exit status " + std::to_string(WEXITSTATUS(status));
  if (!WIFSIGNALED(status)) return "status " + std::to_string(status);
  const int signal = WTERMSIG(status);
  const char* name = sigabbrev_np(signal);
  return "signal " + std::to_string(signal) +
         (name ? std::string(" (SIG") + name + ")" : std::string());
}

Process start_process(const std::string& program, std::string flag, int socket) {
  std::vector<std::string> kept = environment();
  std::vector<char*> env;
  for (std::string& entry : kept) env.push_back(entry.data());
  env.push_back(nullptr);
  constexpr int kControl = 3;
  std::string number = std::to_string(kControl);
  std::string path = program;
  char* argv[] = {path.data(), flag.data(), number.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  // dup2 onto itself would keep close-on-exec: go by a number that the control socket cannot have.
  const Fd high(fcntl(socket, F_DUPFD_CLOEXEC, kControl + 1));
  if (!high)
    throw StoqException("cannot start " + program + ": " + std::strerror(errno) +
                        "; let this process open more files (ulimit -n)");
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  if (fcntl(2, F_GETFD) < 0)  // its number would be given to something else
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, high.get(), kControl);
  posix_spawn_file_actions_addclosefrom_np(&actions, kControl + 1);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none, all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(
      &attributes, 0);  // a Ctrl-C at the terminal is for the engine, which ends its hosts itself
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  pid_t pid = -1;
  const int error = posix_spawn(&pid, path.c_str(), &actions, &attributes, argv, env.data());
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0)
    throw StoqException(
        "cannot start " + program + ": " + std::strerror(error) +
        (error == ENOENT || error == EACCES || error == ENOEXEC
             ? "; it belongs beside the stoQ library (is the installation complete?)"
             : ""));
  return {pid, Fd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)))};
}

uint64_t TemplateClient::memory() {
  if (memory_ == 0) {
    const MemoryOf has = memory_of(process_.pid);
    memory_ = has.own + has.tables;
  }
  return memory_;
}

bool TemplateClient::alive() const {
  pollfd end{process_.pidfd.get(), POLLIN, 0};  // readable once the process has ended
  return alive_ && poll(&end, 1, 0) == 0;
}

std::shared_ptr<TemplateClient> TemplateClient::start(const std::string& program) {
  auto [ours, theirs] = wire::socket_pair();
  Process process = start_process(program, "--template", theirs.get());
  return std::shared_ptr<TemplateClient>(
      new TemplateClient(std::move(ours), std::move(process), true));
}

TemplateClient::~TemplateClient() {
  control_ = Fd();  // it ends by that, and its hosts with it
  if (own_child_) {
    int status;
    while (waitpid(process_.pid, &status, 0) < 0 && errno == EINTR) {
    }
  }
}

bool TemplateClient::beside(wire::Message& message, const Log* log) {
  wire::Reader r(message.body);
  const wire::Type type = message.header.type;
  if (type == wire::Type::ended) {
    const pid_t pid = r.raw<pid_t>();
    const int status = r.raw<int>();
    if (unwanted_.erase(pid) == 0) ended_[pid] = {status, r.u64()};
    return true;
  }
  if (type == wire::Type::records) {
    const auto level = static_cast<LogLevel>(r.raw<uint8_t>());
    if (log) (*log)(level, r.text());
    return true;
  }
  if (message.header.call == 0) return false;
  Forked forked;
  if (type == wire::Type::forked && message.fds.size() == 1) {
    forked.process = {r.raw<pid_t>(), std::move(message.fds[0])};
    // The number was another's before.
    ended_.erase(forked.process.pid);
    unwanted_.erase(forked.process.pid);
  } else {
    forked.problem = type == wire::Type::refused ? std::string(message.body) : kWrongAnswer;
  }
  if (const auto at = asked_.find(message.header.call); at != asked_.end())
    at->second = std::move(forked);
  return true;
}

sandbox::Missing TemplateClient::confine(const sandbox::Spec& spec) {
  const std::lock_guard lock(mutex_);
  wire::Message message;
  if (!wire::send(control_.get(), {wire::Type::confine}, sandbox::encode(spec)) ||
      answer(message, kAnswerPatience) != wire::Received::message)
    throw StoqException("no template: it has ended while it entered the sandbox");
  if (message.header.type != wire::Type::confined)
    throw StoqException("no template: " + std::string(message.body));
  return wire::Reader(message.body).list();
}

wire::Received TemplateClient::answer(wire::Message& message, double seconds, const Log* log,
                                      uint64_t request) {
  using Clock = std::chrono::steady_clock;
  const auto until = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                        std::chrono::duration<double>(seconds));
  wire::receive_timeout(control_.get(), static_cast<int>(seconds * 1000) + 1);
  wire::Received received = wire::Received::timeout;
  try {
    // What it has loaded may make it say other things without end.
    while (Clock::now() < until) {
      received = inbox_.receive(control_.get(), message, 64 << 20);
      if (received != wire::Received::message) break;
      if (!beside(message, log) || (request != 0 && asked_[request])) return received;
      received = wire::Received::timeout;
    }
  } catch (const wire::Malformed&) {
    received = wire::Received::closed;
  }
  process_.kill();
  alive_ = false;
  return received;
}

uint64_t TemplateClient::ask(wire::Type type, const std::vector<int>& fds) {
  const uint64_t request = ++requests_;
  if (!alive_ || !wire::send(control_.get(), {type, 0, request}, {}, fds)) {
    alive_ = false;
    throw StoqException("the process that it is to be forked from has ended");
  }
  asked_[request] = std::nullopt;
  return request;
}

Process TemplateClient::collect(uint64_t request) {
  wire::Message message;
  const bool came = asked_[request] || (alive_ && answer(message, kAnswerPatience, nullptr,
                                                         request) == wire::Received::message);
  std::optional<Forked> forked = std::move(asked_[request]);
  asked_.erase(request);
  if (!came) throw StoqException("the process that it is to be forked from has ended");
  if (!forked || forked->process.pid < 0)
    throw StoqException(forked ? forked->problem : kWrongAnswer);
  return std::move(forked->process);
}

std::shared_ptr<TemplateClient> TemplateClient::fork() {
  auto [ours, theirs] = wire::socket_pair();
  const std::lock_guard lock(mutex_);
  try {
    Process process = collect(ask(wire::Type::fork_template, {theirs.get()}));
    return std::shared_ptr<TemplateClient>(
        new TemplateClient(std::move(ours), std::move(process), false));
  } catch (const StoqException& e) {
    throw StoqException(std::string("no template: ") + e.what());
  }
}

uint64_t TemplateClient::ask_for_host(int socket, int arena, int outbox) {
  const std::lock_guard lock(mutex_);
  try {
    return ask(wire::Type::fork_host, {socket, arena, outbox});
  } catch (const StoqException& e) {
    throw StoqException(std::string("no host process: ") + e.what());
  }
}

Process TemplateClient::host(uint64_t request) {
  const std::lock_guard lock(mutex_);
  try {
    return collect(request);
  } catch (const StoqException& e) {
    throw StoqException(std::string("no host process: ") + e.what());
  }
}

void TemplateClient::forget(uint64_t request) {
  const std::lock_guard lock(mutex_);
  asked_.erase(request);
}

void TemplateClient::load(const PluginSpec& spec, PluginInfo& info, double deadline, const Log& log,
                          TemplateClient& parent) {
  const std::lock_guard lock(mutex_);
  wire::Message message;
  if (!wire::send(control_.get(), {wire::Type::load}, wire::encode(spec))) alive_ = false;
  const wire::Received received = alive_ ? answer(message, deadline, &log) : wire::Received::closed;
  if (received == wire::Received::timeout)
    throw StoqPluginException("it did not come to an end of loading within " +
                              Json(deadline).text() + " s");
  if (received == wire::Received::closed) {
    const std::optional<End> end = parent.end_of(process_.pid);
    throw StoqPluginException("it ended the process that loaded it" +
                              (end ? " by " + describe_end(end->status) : std::string()));
  }
  if (message.header.type == wire::Type::refused)
    throw StoqPluginException(std::string(message.body));
  try {
    if (message.header.type == wire::Type::loaded) return wire::decode_loaded(message.body, info);
  } catch (const wire::Malformed&) {
  }
  throw StoqPluginException("the process that loaded it gave a wrong answer");
}

std::optional<TemplateClient::End> TemplateClient::end_of(pid_t pid) {
  const std::lock_guard lock(mutex_);
  const auto until = std::chrono::steady_clock::now() + kEndPatience;
  wire::receive_timeout(control_.get(), static_cast<int>(kEndPatience.count()));
  wire::Message message;
  while (true) {
    if (const auto at = ended_.find(pid); at != ended_.end()) {
      const End end = at->second;
      ended_.erase(at);
      return end;
    }
    if (!alive_ || std::chrono::steady_clock::now() >= until) break;
    // Nothing but reports can come now.
    try {
      if (inbox_.receive(control_.get(), message, 64 << 20) != wire::Received::message) break;
      beside(message, nullptr);
    } catch (const wire::Malformed&) {
      break;
    }
  }
  if (alive_) unwanted_.insert(pid);
  return std::nullopt;
}

void TemplateClient::forget_end(pid_t pid) {
  const std::lock_guard lock(mutex_);
  if (ended_.erase(pid) == 0 && alive_) unwanted_.insert(pid);
}

}  // namespace stoq
