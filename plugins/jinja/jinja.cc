// SPDX-License-Identifier: Apache-2.0
//
// Renders each response by a template, and prints it.
#include <unistd.h>

#include <algorithm>

#include "folder.h"
#include "printer/printer.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::jinja {
namespace {

using sdk::Kind;

class Jinja {
 public:
  static constexpr sdk::Option options[] = {
      {"template", Kind::text, "stoq.tpl",
       "the template; a relative path begins at the plugin's folder"},
      {"max_output", Kind::size, "8MiB", "bytes of one rendered response", 1, 16 << 20},
      {"timeout", Kind::duration, "30", "time to render one response", 0.01, 86'400},
  };

  explicit Jinja(const sdk::Host& host)
      : name_(host.name()),
        template_(compile_file(host.path(host.text("template")))),
        max_output_(static_cast<size_t>(host.integer("max_output"))),
        timeout_(static_cast<int64_t>(host.number("timeout") * 1000)) {}

  void decorate(sdk::Call& call) {
    Limits limits;
    limits.output = max_output_;
    limits.time = std::chrono::milliseconds(std::min(timeout_, call.time_left()));
    limits.cancelled = [&call] { return call.cancelled(); };
    sdk::JsonWriter json;
    json.value(template_.render(call.response(), limits));
    call.result(json);
  }

  void save(sdk::Call& call) {
    const std::string_view response = call.response();
    const auto text = sdk::JsonView(response)["decorators"][name_].as_string();
    if (text)
      printer_.text(*text);
    else
      printer_.json(response);
  }

 private:
  const std::string name_;
  const Template template_;
  const size_t max_output_;
  const int64_t timeout_;  // milliseconds
  print::Printer printer_{STDOUT_FILENO};
};

}  // namespace

STOQ_PLUGIN(Jinja, "jinja", "4.0.0")

}  // namespace stoq::plugins::jinja
