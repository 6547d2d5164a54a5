// SPDX-License-Identifier: Apache-2.0
#include "section.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::onenote {
namespace {

class OneNote {
 public:
  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    office::scan_with(call,
                      [&](office::Sink& sink) { return take_attached(payload.content(), sink); });
  }
};

}  // namespace

STOQ_PLUGIN(OneNote, "onenote", "4.0.0")

}  // namespace stoq::plugins::onenote
