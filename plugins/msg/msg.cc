// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <string_view>

#include "message.h"
#include "office/compound.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::msg {
namespace {

/// A compound file that is none, but has one in it, looks like a message to the rule that brought
/// it here.
bool holds_message(office::Bytes content) {
  constexpr std::string_view kName = "__properties_version1.0";
  std::string wide;
  for (const char c : kName) wide += {c, '\0'};
  return office::CompoundFile::is_one(content) &&
         office::view_of(content).find(wide) != std::string_view::npos;
}

class Msg {
 public:
  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    bool is_message = false;
    office::scan_with(call, [&](office::Sink& sink) {
      std::string result = take_apart(payload.content(), sink);
      is_message = !result.empty();
      return result;
    });
    if (is_message || !holds_message(payload.content())) return;
    call.dispatch("ole");
    call.dispatch("vba");
  }
};

}  // namespace

STOQ_PLUGIN(Msg, "msg", "4.0.0")

}  // namespace stoq::plugins::msg
