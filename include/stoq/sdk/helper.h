// SPDX-License-Identifier: Apache-2.0
//
// Helper programs for plugins. Name them in the manifest (`[engine] helpers = 7zz=/usr/bin/7zz`),
// look them up once in the plugin's constructor, start them in calls:
//
//   Plugin(const sdk::Host& host) : helper_(host, "7zz", host.text("bin")) {}
//   const sdk::HelperResult listing =
//       helper_.run({.arguments = {"l", "-"}}, payload.content(), 5000);
//
// What goes wrong is thrown as HelperError.
#pragma once

#include <chrono>
#include <utility>

#include "stoq/abi/helper.h"
#include "stoq/sdk/views.h"

namespace stoq::sdk {

class HelperError : public Error {
 public:
  HelperError(stoq_status status, std::string_view text)
      : Error(std::string(text)), status_(status) {}
  bool late() const { return status_ == STOQ_HELPER_LATE; }
  bool too_long() const { return status_ == STOQ_HELPER_LONG; }
  bool ended() const { return status_ == STOQ_HELPER_ENDED; }

 private:
  stoq_status status_;
};

struct HelperStart {
  std::vector<std::string> arguments;    // without the program's own name
  std::vector<std::string> environment;  // "NAME=value"
  std::vector<int> fds;                  // the program finds them as 3, 4, …
  std::string directory;                 // empty: "/"
  uint64_t max_output = 16 << 20;        // bytes that may wait unread
  uint64_t max_errors = 16 << 10;        // bytes kept of the error output
};

struct HelperResult {
  std::string output, errors;
  int status = 0;  // exit status, or minus the number of a signal
};

// A running program; ends with this. Views that it gives are valid until its next method. One
// thread at a time.
class HelperSession {
 public:
  HelperSession(const stoq_host* host, const stoq_helper* table, stoq_helper_session* session)
      : host_(host), table_(table), session_(session) {}
  HelperSession(HelperSession&& other) noexcept
      : host_(other.host_),
        table_(other.table_),
        session_(std::exchange(other.session_, nullptr)) {}
  HelperSession& operator=(HelperSession&& other) noexcept {
    std::swap(host_, other.host_), std::swap(table_, other.table_);
    std::swap(session_, other.session_);
    return *this;
  }
  ~HelperSession() {
    if (session_) table_->end(session_);
  }

  void write(std::span<const uint8_t> input, int64_t milliseconds) {
    check(table_->write(session_, bytes(input), milliseconds));
  }
  void write(std::string_view input, int64_t milliseconds) {
    write({reinterpret_cast<const uint8_t*>(input.data()), input.size()}, milliseconds);
  }
  void close_input() { table_->close_input(session_); }
  std::string_view read(size_t most, int64_t milliseconds) {
    stoq_bytes out{};
    check(table_->read(session_, most, milliseconds, &out));
    return text(out);
  }
  std::string_view read_until(std::string_view delimiter, int64_t milliseconds) {
    stoq_bytes out{};
    check(table_->read_until(session_, str(delimiter), milliseconds, &out));
    return text(out);
  }
  std::string_view read_all(int64_t milliseconds) { return read_until({}, milliseconds); }
  std::string_view errors() { return text(table_->errors(session_)); }
  void forget_errors() { table_->forget_errors(session_); }
  int wait(int64_t milliseconds) {
    int32_t status = 0;
    check(table_->wait(session_, milliseconds, &status));
    return status;
  }

 private:
  static std::string_view text(stoq_bytes b) {
    return {b.data ? reinterpret_cast<const char*>(b.data) : "", b.size};
  }
  void check(stoq_status status) const {
    if (status != STOQ_OK) throw HelperError(status, view(table_->why(host_)));
  }
  const stoq_host* host_;
  const stoq_helper* table_;
  stoq_helper_session* session_;
};

// A program that the manifest names. Made in the plugin's constructor; copyable; [thread-safe].
class Helper {
 public:
  // `path`: absolute, to run that in place of what the manifest says; empty: none.
  Helper(const Host& host, std::string name, std::string_view path = {})
      : host_(host.raw()),
        table_(static_cast<const stoq_helper*>(host_->get_extension(host_, STOQ_HELPER))),
        name_(std::move(name)) {
    if (!table_ || table_->struct_size < sizeof(stoq_helper))
      throw Error("this version of stoQ runs no helper programs; install a newer one");
    stoq_str found{};
    check(table_->locate(host_, str(name_), str(path), &found));
    path_ = view(found);
  }

  const std::string& path() const { return path_; }

  HelperSession start(const HelperStart& how) const {
    const std::vector<stoq_str> arguments = views(how.arguments);
    const std::vector<stoq_str> environment = views(how.environment);
    const std::vector<int32_t> fds(how.fds.begin(), how.fds.end());
    stoq_helper_program program{};
    program.struct_size = sizeof program;
    program.name = str(name_);
    program.arguments = arguments.data(), program.argument_count = arguments.size();
    program.environment = environment.data(), program.environment_count = environment.size();
    program.fds = fds.data(), program.fd_count = fds.size();
    program.directory = str(how.directory);
    program.max_output = how.max_output, program.max_errors = how.max_errors;
    stoq_helper_session* session = nullptr;
    check(table_->start(host_, &program, &session));
    return {host_, table_, session};
  }

  // One run from start to end: input in, all output out, all within `milliseconds`.
  HelperResult run(const HelperStart& how, std::span<const uint8_t> input,
                   int64_t milliseconds) const {
    using Clock = std::chrono::steady_clock;
    const auto until = Clock::now() + std::chrono::milliseconds(milliseconds);
    const auto left = [until]() -> int64_t {
      return std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
    };
    HelperSession session = start(how);
    try {
      session.write(input, left());
    } catch (const HelperError& e) {
      if (!e.ended()) throw;  // it may have read enough
    }
    session.close_input();
    HelperResult result;
    result.output = session.read_all(left());
    result.status = session.wait(left());
    result.errors = session.errors();
    return result;
  }

 private:
  static std::vector<stoq_str> views(const std::vector<std::string>& items) {
    std::vector<stoq_str> all;
    for (const std::string& item : items) all.push_back(str(item));
    return all;
  }
  void check(stoq_status status) const {
    if (status != STOQ_OK) throw HelperError(status, view(table_->why(host_)));
  }
  const stoq_host* host_;
  const stoq_helper* table_;
  std::string name_, path_;
};

}  // namespace stoq::sdk
