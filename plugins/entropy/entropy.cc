// SPDX-License-Identifier: Apache-2.0
#include "shannon.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::entropy {
namespace {

class Entropy {
 public:
  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    sdk::JsonWriter json;
    json.begin_object().member("entropy", shannon_entropy(payload.content())).end_object();
    call.result(json);
  }
};

}  // namespace

STOQ_PLUGIN(Entropy, "entropy", "4.0.0")

}  // namespace stoq::plugins::entropy
