// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string_view>

#include "host/host_serve.h"
#include "loader/native.h"

namespace stoq {

// What a template has to know of the language that its plugins are written in. One thread.
class ModuleLoader {
 public:
  virtual ~ModuleLoader() = default;
  // StoqPluginException says what is wrong with it.
  virtual std::shared_ptr<Instance> load(const PluginSpec& spec, LogFunction log,
                                         Surroundings surroundings) = 0;
  // This process is about to be copied; it was.
  virtual void before_fork() {}
  virtual void after_fork(bool /*child*/) {}
  virtual void environment_changed() {}
  // In a copy that is a host from now on, confined, before its first call.
  virtual void become_host(Loaded& /*plugins*/) {}
};

// What main() of a host program is made of.
//
// The socket that it was started with to do that job, or -1.
int control_of(int argc, char** argv, std::string_view job);
int started_by_hand(const char* program);  // says so; the exit status

// A template without plugins. Templates load plugins, fork further templates and hosts, and report
// how their children end; each ends when the engine closes its socket. `name`: of the process.
[[noreturn]] void serve_template(int control, const char* name, ModuleLoader& loader);

}  // namespace stoq
