// SPDX-License-Identifier: Apache-2.0
#include "ssdeep.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::hash_ssdeep {
namespace {

class HashSsdeep {
 public:
  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    sdk::JsonWriter json;
    json.begin_object().member("ssdeep", ssdeep_digest(payload.content())).end_object();
    call.result(json);
  }
};

}  // namespace

STOQ_PLUGIN(HashSsdeep, "hash_ssdeep", "4.0.0")

}  // namespace stoq::plugins::hash_ssdeep
