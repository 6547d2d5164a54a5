// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <vector>

#include "gil.h"
#include "stoq/log.h"

namespace stoq::python {

// Log records of one engine on their way to Python's logging: they wait until a thread of Python's
// takes them, those of a call until its caller does.
class LogQueue final : public LogSink {
 public:
  void write(const LogRecord& record) override;
  // Gives to Python's logging what waits: of the calls of this thread, and of threads of the
  // engine. With the interpreter.
  void drain();

  // Records that this thread writes while this lives wait for it.
  class Caller {
   public:
    Caller();
    ~Caller();
    Caller(const Caller&) = delete;
    Caller& operator=(const Caller&) = delete;
  };

 private:
  struct Record {
    double time;
    int level;
    std::string logger, message, file;
    unsigned line;
    const void* caller;  // whose call it belongs to; nullptr: nobody's
  };
  static void give(const Record& record);

  static constexpr size_t kMost = 10'000;  // waiting, when nobody comes
  std::mutex mutex_;
  std::atomic<bool> any_ = false;
  std::vector<Record> waiting_;
  size_t dropped_ = 0;
};

}  // namespace stoq::python
