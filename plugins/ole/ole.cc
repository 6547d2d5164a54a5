// SPDX-License-Identifier: Apache-2.0
#include "stoq/sdk/plugin.h"
#include "streams.h"

namespace stoq::plugins::ole {
namespace {

class Ole {
 public:
  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    office::scan_with(call,
                      [&](office::Sink& sink) { return take_apart(payload.content(), sink); });
  }
};

}  // namespace

STOQ_PLUGIN(Ole, "ole", "4.0.0")

}  // namespace stoq::plugins::ole
