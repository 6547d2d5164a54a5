// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "config/manifest.h"
#include "host/template_client.h"

namespace stoq {

// How the process that runs the helper programs comes to be: a host forks it off, an engine starts
// stoq-host for it.
enum class HelperServer : uint8_t { forked, started };

struct HelperProgram {
  std::string name;
  std::vector<std::string> arguments, environment;
  std::vector<int> fds;
  std::string directory;
};

// A helper program that runs, with our ends of its pipes, which do not block.
struct HelperProcess {
  uint64_t number = 0;
  Fd pidfd, input, output, errors;
};

// The helper programs of one plugin. The process that runs them is started with the first of them,
// so that an instance in a template has none. Throws StoqException. [thread-safe]
class HelperProcesses {
 public:
  HelperProcesses(const std::vector<config::HelperPlace>& places, HelperServer server);
  ~HelperProcesses();
  HelperProcesses(const HelperProcesses&) = delete;
  HelperProcesses& operator=(const HelperProcesses&) = delete;

  // Where a program lies; looks whether it can be run. A path that is not empty takes its place.
  const std::string& locate(std::string_view name, std::string_view path);
  void settle() { settled_ = true; }  // from now on places are fixed and programs may be started
  std::vector<std::string> programs() const;  // where they lie

  // Starts the process that runs them now, for this one will soon be confined and cannot later; the
  // new one calls `confine` first.
  void start_confined(const std::function<void()>& confine);

  HelperProcess start(const HelperProgram& program);
  // Kills what is left of it; its wait status, -1 when that is lost.
  int end(uint64_t number);

 private:
  void connect(const std::function<void()>& confine = {});
  void disconnect();
  wire::Message ask(wire::Header header, std::string_view body, const std::vector<int>& fds,
                    wire::Inbox& inbox);

  std::map<std::string, std::string, std::less<>> places_;
  const HelperServer server_;
  bool settled_ = false;
  bool confined_ = false;
  std::mutex mutex_;
  uint64_t last_number_ = 0;
  Fd socket_;
  Process process_;
};

}  // namespace stoq
