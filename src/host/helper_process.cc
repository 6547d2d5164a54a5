// SPDX-License-Identifier: Apache-2.0
#include "host/helper_process.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "core/places.h"
#include "host/helper_message.h"
#include "host/helper_server.h"
#include "stoq/exceptions.h"

namespace stoq {
namespace {

constexpr int kHelperPatience = 10'000;  // milliseconds for what takes a few

// Read end, write end.
std::pair<Fd, Fd> make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0)
    throw StoqException(std::string("cannot make a pipe: ") + std::strerror(errno));
  return {Fd(ends[0]), Fd(ends[1])};
}

void never_block(const Fd& fd) {
  fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

std::vector<std::string> environment_with(const std::vector<std::string>& given) {
  std::vector<std::string> all = {"LANG=C.UTF-8", "PATH=/usr/bin:/bin"};
  if (const char* zone = std::getenv("TZ")) all.push_back(std::string("TZ=") + zone);
  for (const std::string& entry : given) {
    const std::string name = entry.substr(0, entry.find('=') + 1);
    std::erase_if(all, [&](const std::string& other) { return other.starts_with(name); });
    all.push_back(entry);
  }
  return all;
}

// In the child of a host: everything of the host's is closed but this end of the socket.
[[noreturn]] void serve_here(int socket, const std::function<void()>& confine) {
  constexpr int kSocket = 3;
  if (socket != kSocket && dup2(socket, kSocket) < 0) _exit(2);
  close_range(kSocket + 1, ~0U, 0);
  if (confine) confine();
  serve_helpers(kSocket);
}

}  // namespace

HelperProcesses::HelperProcesses(const std::vector<config::HelperPlace>& places,
                                 HelperServer server)
    : server_(server) {
  for (const config::HelperPlace& place : places) places_[place.name] = place.path;
}

HelperProcesses::~HelperProcesses() {
  disconnect();
}

const std::string& HelperProcesses::locate(std::string_view name, std::string_view path) {
  const auto at = places_.find(name);
  if (at == places_.end())
    throw StoqException("its manifest names no helper program '" + std::string(name) +
                        "'; add it to `helpers` in section [engine]");
  if (!path.empty() && path != at->second) {
    if (settled_)
      throw StoqException("where '" + at->first + "' lies is settled while the plugin is loaded");
    if (path[0] != '/' || path.find('\0') != path.npos)
      throw StoqException("'" + std::string(path) + "' is not an absolute path; write it in full");
    at->second = path;
  }
  struct stat st {};
  if (stat(at->second.c_str(), &st) != 0 || access(at->second.c_str(), X_OK) != 0)
    throw StoqException("cannot run " + at->second + ": " + std::strerror(errno));
  if (!S_ISREG(st.st_mode)) throw StoqException("cannot run " + at->second + ": it is no file");
  return at->second;
}

std::vector<std::string> HelperProcesses::programs() const {
  std::vector<std::string> paths;
  for (const auto& [name, path] : places_) paths.push_back(path);
  return paths;
}

void HelperProcesses::start_confined(const std::function<void()>& confine) {
  if (!places_.empty()) connect(confine);
  confined_ = true;
}

void HelperProcesses::connect(const std::function<void()>& confine) {
  if (socket_) return;
  if (confined_) std::abort();  // it has ended; a new host gets another
  auto [ours, theirs] = wire::socket_pair();
  if (server_ == HelperServer::started) {
    process_ = start_process(host_program(), "--helpers", theirs.get());
  } else {
    const pid_t pid = fork();
    if (pid == 0) serve_here(theirs.get(), confine);
    if (pid < 0) throw StoqException("the kernel cannot fork another process");
    process_ = {pid, Fd(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)))};
  }
  wire::receive_timeout(ours.get(), kHelperPatience);
  socket_ = std::move(ours);
}

void HelperProcesses::disconnect() {
  if (!socket_) return;
  Fd(std::move(socket_));  // it ends what it runs, and then itself
  while (waitpid(process_.pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  process_ = {};
}

wire::Message HelperProcesses::ask(wire::Header header, std::string_view body,
                                   const std::vector<int>& fds, wire::Inbox& inbox) {
  wire::Message message;
  try {
    if (wire::send(socket_.get(), header, body, fds) &&
        inbox.receive(socket_.get(), message, wire::kDatagram) == wire::Received::message &&
        message.header.call == header.call)
      return message;
  } catch (const std::runtime_error&) {  // no message, or none of ours
  }
  if (process_.pidfd) process_.kill();
  disconnect();
  throw StoqException("the process that runs helper programs has ended");
}

HelperProcess HelperProcesses::start(const HelperProgram& program) {
  if (!settled_)
    throw StoqException(
        "helper programs cannot be started while the plugin is loaded; start them in a call");
  const std::string& path = locate(program.name, {});
  auto [input, our_input] = make_pipe();
  auto [our_output, output] = make_pipe();
  auto [our_errors, errors] = make_pipe();
  for (const Fd* fd : {&our_input, &our_output, &our_errors}) never_block(*fd);
  wire::HelperStart start{path, program.directory, {path}, environment_with(program.environment)};
  start.arguments.insert(start.arguments.end(), program.arguments.begin(), program.arguments.end());
  const std::string body = wire::encode(start);
  std::vector<int> fds = {input.get(), output.get(), errors.get()};
  fds.insert(fds.end(), program.fds.begin(), program.fds.end());

  const std::lock_guard lock(mutex_);
  const uint64_t number = ++last_number_;
  const wire::Header header{wire::Type::helper_start, 0, number};
  wire::Inbox inbox;
  wire::Message answer;
  const bool running = static_cast<bool>(socket_);
  connect();
  try {
    answer = ask(header, body, fds, inbox);
  } catch (const StoqException&) {
    if (!running) throw;
    connect();  // it had ended while nobody looked
    answer = ask(header, body, fds, inbox);
  }
  if (answer.header.type != wire::Type::helper_started || answer.fds.size() != 1)
    throw StoqException("cannot start " + path + ": " + std::string(answer.body));
  return {number, std::move(answer.fds[0]), std::move(our_input), std::move(our_output),
          std::move(our_errors)};
}

int HelperProcesses::end(uint64_t number) {
  const std::lock_guard lock(mutex_);
  if (!socket_) return -1;
  try {
    wire::Inbox inbox;
    const wire::Message answer = ask({wire::Type::helper_end, 0, number}, {}, {}, inbox);
    return wire::Reader(answer.body).raw<int>();
  } catch (const std::exception&) {
    return -1;
  }
}

}  // namespace stoq
