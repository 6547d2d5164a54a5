// SPDX-License-Identifier: Apache-2.0
#include "message.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::msg {
namespace {

class Msg {
 public:
  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    office::scan_with(call,
                      [&](office::Sink& sink) { return take_apart(payload.content(), sink); });
  }
};

}  // namespace

STOQ_PLUGIN(Msg, "msg", "4.0.0")

}  // namespace stoq::plugins::msg
