// SPDX-License-Identifier: Apache-2.0
#include "objects.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::rtf {
namespace {

class Rtf {
 public:
  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    office::scan_with(call,
                      [&](office::Sink& sink) { return take_objects(payload.content(), sink); });
  }
};

}  // namespace

STOQ_PLUGIN(Rtf, "rtf", "4.0.0")

}  // namespace stoq::plugins::rtf
