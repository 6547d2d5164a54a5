// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "core/settings.h"
#include "stoq/log.h"

namespace stoq {

// The log of one Stoq: a level and its sinks. [thread-safe]
class Logger {
 public:
  Logger(const Settings& settings, std::shared_ptr<LogSink> instead);
  void log(LogLevel level, std::string_view message, std::string_view logger = "stoq",
           std::string_view file = {}, unsigned line = 0);
  bool wants(LogLevel level) const { return level >= level_; }
  LogLevel level() const { return level_; }

 private:
  LogLevel level_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<LogSink>> sinks_;
};

#define STOQ_LOG(logger, level, message) (logger).log(level, message, "stoq", __FILE__, __LINE__)

// stderr: "[2026-11-24 02:55:10,191 ERROR] stoq: message", or JSON.
std::shared_ptr<LogSink> make_stderr_sink(bool json);
// <dir>/stoq.log, rotated to stoq.log.1 … when it would outgrow `max_bytes`. StoqException when it
// cannot be opened.
std::shared_ptr<LogSink> make_file_sink(const std::string& dir, uint64_t max_bytes,
                                        unsigned backups, bool json);

}  // namespace stoq
