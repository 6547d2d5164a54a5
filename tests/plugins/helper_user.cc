// SPDX-License-Identifier: Apache-2.0
//
// Runs the first line of the payload as a shell script, and says what came of it.
#include <unistd.h>

#include "stoq/sdk/helper.h"
#include "stoq/sdk/plugin.h"

namespace stoq::test {
namespace {

class HelperUser {
 public:
  static constexpr sdk::Option options[] = {
      {"path", sdk::Kind::text, "", "runs in place of /bin/sh"},
      {"name", sdk::Kind::text, "sh", "the helper's name"},
      {"eager", sdk::Kind::boolean, "no", "start it while loading"},
      {"hold", sdk::Kind::boolean, "no", "start it and wait for ever"},
      {"milliseconds", sdk::Kind::integer, "20000", "time for a run"},
      {"max_output", sdk::Kind::size, "1MiB", "output taken"},
  };

  explicit HelperUser(const sdk::Host& host)
      : helper_(host, host.text("name"), host.text("path")),
        hold_(host.boolean("hold")),
        milliseconds_(host.integer("milliseconds")),
        max_output_(static_cast<uint64_t>(host.integer("max_output"))) {
    if (host.boolean("eager")) helper_.start({});
  }

  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    const std::string_view script = payload.text().substr(0, payload.text().find('\n'));
    const sdk::HelperStart how{.arguments = {"-c", std::string(script)},
                               .environment = {"GIVEN=by the plugin"},
                               .fds = {call.content_fd()},
                               .max_output = max_output_};
    if (hold_) {
      sdk::HelperSession session = helper_.start(how);
      while (true) pause();
    }
    const sdk::HelperResult result = helper_.run(how, payload.content(), milliseconds_);
    sdk::JsonWriter json;
    json.begin_object().member("output", result.output).member("errors", result.errors);
    call.result(json.member("status", result.status).end_object());
  }

 private:
  sdk::Helper helper_;
  bool hold_;
  int64_t milliseconds_;
  uint64_t max_output_;
};

}  // namespace

STOQ_PLUGIN(HelperUser, "helper_user", "1.0")

}  // namespace stoq::test
