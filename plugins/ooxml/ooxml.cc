// SPDX-License-Identifier: Apache-2.0
#include "document.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::ooxml {
namespace {

class Ooxml {
 public:
  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    office::scan_with(call, [&](office::Sink& sink) { return inspect(payload.content(), sink); });
  }
};

}  // namespace

STOQ_PLUGIN(Ooxml, "ooxml", "4.0.0")

}  // namespace stoq::plugins::ooxml
