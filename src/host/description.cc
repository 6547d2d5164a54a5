// SPDX-License-Identifier: Apache-2.0
#include "host/description.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "host/template_client.h"
#include "loader/native.h"
#include "loader/native_host.h"
#include "stoq/exceptions.h"
#include "stoq/json.h"

namespace stoq {
namespace {

constexpr size_t kAnswer = 4 << 20;
constexpr size_t kOptions = 10'000;

std::string encode(const std::vector<config::OptionSpec>& options) {
  wire::Writer w;
  w.u64(options.size());
  for (const config::OptionSpec& o : options) {
    w.text(o.name).raw(static_cast<uint8_t>(o.type)).raw<uint8_t>(o.has_default);
    w.text(o.default_text).text(o.help).list(o.choices);
    for (const std::optional<double>& bound : {o.min, o.max})
      w.raw<uint8_t>(bound.has_value()).raw(bound.value_or(0));
  }
  return std::move(w.str());
}

std::vector<config::OptionSpec> decode(std::string_view body) {
  wire::Reader r(body);
  const uint64_t count = r.u64();
  if (count > kOptions) throw wire::Malformed("more options than a plugin may have");
  std::vector<config::OptionSpec> options(count);
  for (config::OptionSpec& o : options) {
    o.name = r.text();
    const auto type = r.raw<uint8_t>();
    if (type > static_cast<uint8_t>(config::Type::json)) throw wire::Malformed("an unknown type");
    o.type = static_cast<config::Type>(type);
    o.has_default = r.raw<uint8_t>() != 0;
    o.default_text = r.text();
    o.help = r.text();
    o.choices = r.list();
    for (std::optional<double>* bound : {&o.min, &o.max}) {
      const bool given = r.raw<uint8_t>() != 0;
      const auto value = r.raw<double>();
      if (given) *bound = value;
    }
  }
  return options;
}

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
    return decode(message.body);
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
    const std::string options = encode(option_specs(native_entry(module, name)));
    wire::send(socket, {wire::Type::loaded}, options);
  } catch (const std::exception& e) {
    wire::send(socket, {wire::Type::refused}, e.what());
  }
  _exit(0);
}

}  // namespace stoq
