// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace stoq {

enum class LogLevel : uint8_t { debug = 10, info = 20, warning = 30, error = 40, critical = 50 };
std::string_view name_of(LogLevel level);                       // "DEBUG" …
std::optional<LogLevel> log_level_from(std::string_view text);  // any case

struct LogRecord {
  std::chrono::system_clock::time_point time;
  LogLevel level;
  std::string_view logger;  // "stoq", or "stoq.<plugin>"
  std::string_view message;
  std::string_view file;  // where in the engine; empty from plugins
  unsigned line;
};

// Where log records of one Stoq go. write is called from any thread, never twice at once.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(const LogRecord& record) = 0;
};

}  // namespace stoq
