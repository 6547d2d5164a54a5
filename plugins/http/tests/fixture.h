// SPDX-License-Identifier: Apache-2.0
//
// A test server as a process.
#pragma once

#include <poll.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "http/client.h"
#include "support/program.h"

namespace stoq::test {

inline constexpr auto kNever = [] { return false; };  // is a call cancelled

// One of the servers in Python. Ends with the object.
class Fixture {
 public:
  explicit Fixture(const std::string& script, std::vector<std::string> arguments = {})
      : pipe_(std::make_unique<program_detail::Pipe>()) {
    std::vector<std::string> command{"/usr/bin/python3", "-B", script};
    command.insert(command.end(), arguments.begin(), arguments.end());
    program_ =
        std::make_unique<Program>(std::move(command), ProgramOptions{.out_fd = pipe_->end(1)});
    pipe_->shut(1);
    pollfd ready{pipe_->end(0), POLLIN, 0};
    char line[16] = "";
    if (poll(&ready, 1, 20'000) != 1 || read(pipe_->end(0), line, sizeof line - 1) <= 0)
      throw std::runtime_error(script + " does not start");
    port_ = std::atoi(line);
  }

  int port() const { return port_; }
  std::string host() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url(const std::string& scheme = "http") const { return scheme + "://" + host(); }
  void end() { program_.reset(); }

  // What it has received, as JSON.
  std::string state() const {
    http::Client client({.max_reply = 256 << 20});
    return client.send({.method = "GET", .url = url() + "/_fixture"}, [] { return false; }).body;
  }
  size_t requests() const { return sdk::JsonView(state())["requests"].size(); }

 private:
  std::unique_ptr<program_detail::Pipe> pipe_;
  std::unique_ptr<Program> program_;
  int port_ = 0;
};

}  // namespace stoq::test
