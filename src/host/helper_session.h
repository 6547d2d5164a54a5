// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>

#include "host/helper_process.h"

namespace stoq {

// What is wrong with a session, as stoq/abi/helper.h numbers it.
struct HelperProblem : std::runtime_error {
  HelperProblem(int code, const std::string& text) : std::runtime_error(text), status(code) {}
  int status;
};

// Talks with a helper program over its pipes, every step within a time. One thread at a time; ends
// the program when it goes.
class HelperSession {
 public:
  HelperSession(HelperProcesses& processes, const HelperProgram& program, uint64_t max_output,
                uint64_t max_errors);
  ~HelperSession();
  HelperSession(const HelperSession&) = delete;
  HelperSession& operator=(const HelperSession&) = delete;

  void write(Bytes input, int64_t milliseconds);
  void close_input() { process_.input = Fd(); }
  // Views are valid until the next method. An empty delimiter stands for the end of the output.
  std::string_view read(size_t most, int64_t milliseconds);
  std::string_view read_until(std::string_view delimiter, int64_t milliseconds);
  std::string_view errors();  // all that came before what has been read of the output, or more
  void forget_errors() { errors_.clear(); }
  int wait(int64_t milliseconds);  // exit status, or minus a signal's number

 private:
  using Clock = std::chrono::steady_clock;

  // Waits for one of the pipes, or for the program's end, and does what can be done.
  void step(Clock::time_point until, const char* what, bool for_end = false);
  void feed();
  void take_output();
  void take_errors();
  void drop_given();
  std::string_view give(size_t size, size_t and_drop);

  HelperProcesses& processes_;
  HelperProcess process_;
  std::string name_;
  const uint64_t max_output_, max_errors_;
  Bytes to_write_;
  std::string output_, errors_;
  size_t given_ = 0;  // bytes at the front of output_ that were handed out
  bool exited_ = false;
  std::optional<int> status_;
};

}  // namespace stoq
