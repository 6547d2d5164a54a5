// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>

#include "core/instance.h"
#include "host/channel.h"
#include "loader/plugin_spec.h"
#include "sandbox/spec.h"

namespace stoq {

// A process as the engine holds it: its number is safe as long as the pidfd is open.
struct Process {
  pid_t pid = -1;
  Fd pidfd;
  void kill() const;
};

// Starts stoq-host with a flag and its end of a socket. StoqException when that fails.
Process start_process(const std::string& program, std::string flag, int socket);

// The engine's end of a template process. [thread-safe]
class TemplateClient {
 public:
  using Log = std::function<void(LogLevel, std::string_view line)>;

  // Starts `program` as an empty template. StoqException when that fails.
  static std::shared_ptr<TemplateClient> start(const std::string& program);
  ~TemplateClient();

  // A copy of it, with everything that it has loaded.
  std::shared_ptr<TemplateClient> fork();
  // Loads a plugin into it; fills in what loading tells. StoqPluginException when the plugin
  // refuses or ends the process; then the template is of no use any more if `alive` says so.
  void load(const PluginSpec& spec, PluginInfo& info, double deadline, const Log& log,
            TemplateClient& parent);
  uint64_t
  memory();  // bytes that it has when first asked, and its hosts have from it; 0: not known
  bool alive() const;  // as far as the kernel tells at this moment
  // What its hosts may do; before the first plugin. Gives what this machine does not give for it.
  sandbox::Missing confine(const sandbox::Spec& spec);
  // Asks for a host, which may be collected later, once; or be forgotten.
  uint64_t ask_for_host(int socket, int arena, int outbox);
  Process host(uint64_t request);
  void forget(uint64_t request);
  struct End {
    int status;
    uint64_t memory;  // bytes, the most that it had at once
  };
  // How one of its children ended; waits a moment for it. Nothing when it is not to be had.
  std::optional<End> end_of(pid_t pid);
  void forget_end(pid_t pid);  // nobody will ask for it

 private:
  TemplateClient(Fd control, Process process, bool own_child)
      : control_(std::move(control)), process_(std::move(process)), own_child_(own_child) {}
  struct Forked {
    Process process;      // its pid is -1:
    std::string problem;  // why there is none
  };
  // Whether it is nothing that is waited for, and has been seen to.
  bool beside(wire::Message& message, const Log* log);
  // `request`: returns when that has been answered; 0: with what answers no request.
  wire::Received answer(wire::Message& message, double seconds, const Log* log = nullptr,
                        uint64_t request = 0);
  uint64_t ask(wire::Type type, const std::vector<int>& fds);
  Process collect(uint64_t request);

  std::mutex mutex_;
  Fd control_;
  Process process_;
  bool own_child_;
  std::atomic<bool> alive_ = true;
  std::atomic<uint64_t> memory_ = 0;
  wire::Inbox inbox_;
  std::map<pid_t, End> ended_;
  std::set<pid_t> unwanted_;  // whose end is on its way
  uint64_t requests_ = 0;
  std::map<uint64_t, std::optional<Forked>> asked_;  // what is waited for, and what has come
};

// "signal 11 (SIGSEGV)", "exit status 3".
std::string describe_end(int status);

}  // namespace stoq
