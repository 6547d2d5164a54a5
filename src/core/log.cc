// SPDX-License-Identifier: Apache-2.0
#include "core/log.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <filesystem>

#include "core/fork.h"
#include "stoq/exceptions.h"
#include "stoq/sdk/json.h"

namespace stoq {
namespace {

constexpr std::pair<LogLevel, std::string_view> kNames[] = {{LogLevel::debug, "DEBUG"},
                                                            {LogLevel::info, "INFO"},
                                                            {LogLevel::warning, "WARNING"},
                                                            {LogLevel::error, "ERROR"},
                                                            {LogLevel::critical, "CRITICAL"}};

std::string timestamp(std::chrono::system_clock::time_point when, bool milliseconds) {
  const std::time_t t = std::chrono::system_clock::to_time_t(when);
  const std::tm parts = local_parts(t);
  char text[40];
  size_t n = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  const auto millis =
      std::chrono::duration_cast<std::chrono::milliseconds>(when.time_since_epoch()).count() % 1000;
  if (milliseconds)
    n += static_cast<size_t>(
        std::snprintf(text + n, sizeof text - n, ",%03d", static_cast<int>(millis)));
  return {text, n};
}

std::string_view base_name(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

std::string json_line(const LogRecord& r, bool with_place) {
  sdk::JsonWriter w;
  w.begin_object();
  w.member("asctime", std::string_view(timestamp(r.time, !with_place)))
      .member("levelname", name_of(r.level))
      .member("name", r.logger);
  w.member("message", r.message);
  if (with_place && !r.file.empty())
    w.member("filename", base_name(r.file)).member("lineno", r.line);
  w.end_object();
  return w.take() + "\n";
}

// One line a record: what a payload put into a message must not look like a record of its own.
std::string one_line(std::string_view message) {
  std::string out;
  for (const char c : message) {
    if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else
      out += static_cast<unsigned char>(c) < 0x20 && c != '\t' ? '?' : c;
  }
  return out;
}

class StderrSink final : public LogSink {
 public:
  explicit StderrSink(bool json) : json_(json) {}
  void write(const LogRecord& r) override {
    const std::string line = json_ ? json_line(r, false)
                                   : "[" + timestamp(r.time, true) + " " +
                                         std::string(name_of(r.level)) + "] " +
                                         std::string(r.logger) + ": " + one_line(r.message) + "\n";
    [[maybe_unused]] const ssize_t n = ::write(STDERR_FILENO, line.data(), line.size());
  }

 private:
  bool json_;
};

class FileSink final : public LogSink {
 public:
  FileSink(std::string path, uint64_t max_bytes, unsigned backups, bool json)
      : path_(std::move(path)), max_bytes_(max_bytes), backups_(backups), json_(json) {
    open();
    if (fd_ < 0)
      throw StoqException("cannot open the log file " + path_ + ": " + std::strerror(errno) +
                          "; set log_dir, or leave it empty for none");
  }
  ~FileSink() override {
    if (fd_ >= 0) close(fd_);
  }

  void write(const LogRecord& r) override {
    std::string line;
    if (json_) {
      line = json_line(r, true);
    } else {
      line = timestamp(r.time, false) + " " + std::string(name_of(r.level)) + " " +
             std::string(r.logger);
      if (!r.file.empty())
        line += ":" + std::string(base_name(r.file)) + ":" + std::to_string(r.line);
      line += ": " + one_line(r.message) + "\n";
    }
    if (size_ + line.size() > max_bytes_ && size_ > 0) rotate();
    if (fd_ >= 0 && ::write(fd_, line.data(), line.size()) > 0) size_ += line.size();
  }

 private:
  void open() {
    fd_ = ::open(path_.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
    struct stat st {};
    size_ = fd_ >= 0 && fstat(fd_, &st) == 0 ? static_cast<uint64_t>(st.st_size) : 0;
  }
  void rotate() {
    close(fd_);
    if (backups_ == 0) unlink(path_.c_str());
    for (unsigned i = backups_; i > 0; --i)
      rename((i == 1 ? path_ : path_ + "." + std::to_string(i - 1)).c_str(),
             (path_ + "." + std::to_string(i)).c_str());
    open();
  }

  std::string path_;
  uint64_t max_bytes_, size_ = 0;
  unsigned backups_;
  bool json_;
  int fd_ = -1;
};

}  // namespace

std::string_view name_of(LogLevel level) {
  for (const auto& [value, name] : kNames)
    if (value == level) return name;
  return "INFO";
}

std::optional<LogLevel> log_level_from(std::string_view text) {
  for (const auto& [value, name] : kNames)
    if (text.size() == name.size() && strncasecmp(text.data(), name.data(), name.size()) == 0)
      return value;
  return std::nullopt;
}

std::shared_ptr<LogSink> make_stderr_sink(bool json) {
  return std::make_shared<StderrSink>(json);
}

std::shared_ptr<LogSink> make_file_sink(const std::string& dir, uint64_t max_bytes,
                                        unsigned backups, bool json) {
  std::error_code ec;
  std::filesystem::create_directories(dir, ec);
  return std::make_shared<FileSink>(dir + "/stoq.log", max_bytes, backups, json);
}

Logger::Logger(const Settings& settings, std::shared_ptr<LogSink> instead)
    : level_(settings.log_level) {
  if (instead) {
    sinks_.push_back(std::move(instead));
    return;
  }
  sinks_.push_back(make_stderr_sink(settings.log_json));
  if (!settings.log_dir.empty())
    sinks_.push_back(make_file_sink(settings.log_dir, settings.log_maxbytes,
                                    settings.log_backup_count, settings.log_json));
}

void Logger::log(LogLevel level, std::string_view message, std::string_view logger,
                 std::string_view file, unsigned line) {
  if (!wants(level)) return;
  const LogRecord record{std::chrono::system_clock::now(), level, logger, message, file, line};
  const std::lock_guard lock(mutex_);
  for (const auto& sink : sinks_) sink->write(record);
}

}  // namespace stoq
