// SPDX-License-Identifier: Apache-2.0
//
// An engine with the plugin that tries to get out, and what its attempts come to.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "stoq/sdk/descriptor.h"
#include "support/objects.h"
#include "support/profile_copy.h"

namespace stoq::test {

// What a refused system call is told as.
inline std::string trapped(const std::string& call) {
  return "worker:failed to scan: escape ; sandbox: its host process was ended for a system call "
         "that its sandbox refuses: " +
         call + " (sandbox_calls = " + call +
         " in section [escape] of stoq.cfg would allow it); what it had given stands";
}

// A server on a port of this machine that only counts who comes.
class Listener {
 public:
  Listener() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        listen(socket_.get(), 8) != 0 ||
        getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0)
      throw std::runtime_error("no port to listen on");
    port_ = ntohs(address.sin_port);
  }
  std::string port() const { return std::to_string(port_); }
  bool somebody_came() const {
    return sdk::Fd(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)).get() >= 0;
  }

 private:
  sdk::Fd socket_;
  uint16_t port_ = 0;
};

// An engine with the plugin under a profile.
class Prison {
 public:
  explicit Prison(const std::string& profile, OptionMap options = {}, StoqOptions o = quiet(),
                  const std::string& manifest = "") {
    const bool may_exec = profile == "exec" || profile == "legacy";
    const std::string plugins = copy_with_profile(
        directory_, "escape", profile, manifest + (may_exec ? "helpers = true=/bin/true\n" : ""));
    std::filesystem::create_directory(outside(""));
    chmod(outside("").c_str(), 0777);  // it is no file mode that refuses
    o.base_dir = directory_.path();
    o.plugin_dir_list = {plugins};
    o.plugin_opts["escape"] = std::move(options);
    o.plugin_opts["escape"].try_emplace("deadline", "10s");
    stoq_ = std::make_unique<Stoq>(std::move(o));
  }

  // "returned" or an errno's name, after the system call that it came to; or the error.
  std::string attempt(const std::string& content) {
    return outcome(stoq_->scan(content, {.add_start_dispatch = {"escape"}}));
  }
  // The same with content that another worker gives, so that the store keeps it.
  std::string attempt_extracted(const std::string& content) {
    add_worker(*stoq_, "giver", [content](Payload&, Request&) {
      WorkerResponse r;
      r.extracted.emplace_back(content, PayloadMeta{.dispatch_to = {"escape"}});
      return r;
    });
    return outcome(stoq_->scan("x", {.add_start_dispatch = {"giver"}}));
  }
  std::string outside(const std::string& name) const { return directory_ / ("outside/" + name); }

 private:
  static std::string outcome(const StoqResponse& r) {
    for (const auto& [name, texts] : r.errors)
      return texts.at(0).substr(0, texts.at(0).find(" ; payload"));
    const Json* result = r.results.back().workers.at(0).find("escape");
    return result ? result->text() : "neither a result nor an error";
  }

  TemporaryDirectory directory_;
  std::unique_ptr<Stoq> stoq_;
};

inline std::string result(const std::string& call, const char* error = nullptr) {
  return "{\"call\": \"" + call + "\", \"returned\": " + (error ? "-1" : "0") +
         ", \"errno\": " + (error ? "\"" + std::string(error) + "\"" : "null") + "}";
}

}  // namespace stoq::test
