// SPDX-License-Identifier: Apache-2.0
//
// Never comes to an end of content that begins with "stuck", and says "here" to all other.
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::stuck {
namespace {

class Stuck {
 public:
  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    if (payload.text().starts_with("stuck"))
      for (volatile unsigned turns = 0;;) turns = turns + 1;
    call.result("\"here\"");
  }
};

}  // namespace

STOQ_PLUGIN(Stuck, "stuck", "4.0.0")

}  // namespace stoq::plugins::stuck
