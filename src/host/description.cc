// SPDX-License-Identifier: Apache-2.0
#include "host/description.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "host/spec_message.h"
#include "host/template_client.h"
#include "loader/native.h"
#include "loader/native_host.h"
#include "stoq/exceptions.h"
#include "stoq/json.h"

namespace stoq {
namespace {

constexpr size_t kAnswer = 4 << 20;

// Its end is waited for, whatever happens.
class Asked {
 public:
  Asked(const std::string& program, int socket)
      : process_(start_process(program, "--describe", socket)) {}
  ~Asked() {
    if (waited_) return;
    process_.kill();
    wait();
  }
  Asked(const Asked&) = delete;
  Asked& operator=(const Asked&) = delete;

  std::string wait() {
    int status = 0;
    while (waitpid(process_.pid, &status, 0) < 0 && errno == EINTR) {
    }
    waited_ = true;
    return describe_end(status);
  }

 private:
  Process process_;
  bool waited_ = false;
};

}  // namespace

std::vector<config::OptionSpec> declared_options(const std::string& host_program,
                                                 const std::string& module, const std::string& name,
                                                 double seconds) {
  auto [ours, theirs] = wire::socket_pair();
  Asked asked(host_program, theirs.get());
  theirs = Fd();
  wire::Writer w;
  w.text(module).text(name);
  wire::send(ours.get(), {wire::Type::load}, w.str());
  wire::receive_timeout(ours.get(), static_cast<int>(seconds * 1000) + 1);
  wire::Inbox inbox;
  wire::Message message;
  try {
    switch (inbox.receive(ours.get(), message, kAnswer)) {
      case wire::Received::timeout:
        throw StoqPluginException("its module did not come to an end of loading within " +
                                  Json(seconds).text() + " s");
      case wire::Received::closed:
        throw StoqPluginException("its module ended the process that loaded it by " + asked.wait());
      case wire::Received::message:
        break;
    }
    if (message.header.type == wire::Type::refused)
      throw StoqPluginException(std::string(message.body));
    return wire::decode_options(message.body);
  } catch (const wire::Malformed& e) {
    throw StoqPluginException(
        std::string("what its module said of its options is not to be believed: ") + e.what());
  }
}

void serve_description(int socket) {
  wire::Inbox inbox;
  wire::Message message;
  if (inbox.receive(socket, message, wire::kDatagram) != wire::Received::message) _exit(0);
  wire::Reader r(message.body);
  const std::string module(r.text()), name(r.text());
  try {
    const std::string options = wire::encode(option_specs(native_entry(module, name)));
    wire::send(socket, {wire::Type::loaded}, options);
  } catch (const std::exception& e) {
    wire::send(socket, {wire::Type::refused}, e.what());
  }
  _exit(0);
}

}  // namespace stoq
