// SPDX-License-Identifier: Apache-2.0
#include "macros.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::vba {
namespace {

class Vba {
 public:
  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    office::scan_with(call,
                      [&](office::Sink& sink) { return take_macros(payload.content(), sink); });
  }
};

}  // namespace

STOQ_PLUGIN(Vba, "vba", "4.0.0")

}  // namespace stoq::plugins::vba
