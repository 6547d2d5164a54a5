// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "loader/plugin_spec.h"

namespace stoq {

// Python in a process that is copied: one thread has it, until this process is a host. StoqException
// when something goes wrong with Python itself.
class Interpreter {
 public:
  // `packages`: the directory in which our package `stoq` lies.
  explicit Interpreter(const std::string& packages);

  // Where log records and prints go from now on.
  void log_to(LogFunction log, LogLevel level);
  // Packages that a plugin in that folder brings are found from now on.
  void add_packages_of(const std::string& folder);
  // What Python knows of the environment is what the process has now.
  void take_environment();

  void before_fork();
  void after_fork(bool child);
  // Nothing that is there now is looked at by the garbage collector, so that copies go on sharing it.
  void freeze();
  // Other threads may run Python from now on, and this one when it takes the lock.
  void share();
};

// What prints have begun goes to the log. With the lock.
void flush_prints();
// What Python does when a program ends: exit functions, open files. With the lock.
void wind_up();

}  // namespace stoq
