// SPDX-License-Identifier: Apache-2.0
//
// The worker around RollingXor: the key comes in by dispatch_meta and goes out in the meta of both
// payloads.
#include <algorithm>
#include <array>

#include "key.h"
#include "rolling_xor.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::xordecode {
namespace {

// {"extra_data": {..., "xorkey": [41, 52, 63]}}
std::string meta_with(const Key& key, sdk::JsonView extra_data = {}) {
  sdk::JsonWriter w;
  w.begin_object().key("extra_data").begin_object();
  for (const auto& [name, value] : extra_data.members())
    if (name != "xorkey") w.key(name).raw(value.text());
  w.key("xorkey").raw("[" + decimals(key) + "]").end_object().end_object();
  return w.take();
}

class XorDecode {
 public:
  struct Thread {
    std::array<uint8_t, 64 << 10> decoded;
  };

  void scan(const sdk::Payload& payload, sdk::Call& call, Thread& thread) const {
    std::span<const uint8_t> rest = payload.content();
    const Key key = find_key(payload.dispatch_meta().text());
    if (key.empty() || rest.empty()) return;
    call.set_payload_meta(meta_with(key, payload.extra_data()));
    if (!call.begin(meta_with(key))) return;
    for (RollingXor decode(key); !rest.empty();) {
      const auto chunk = rest.first(std::min(rest.size(), thread.decoded.size()));
      decode.apply(chunk, thread.decoded.data());
      if (!call.write(std::span(thread.decoded).first(chunk.size()))) return;
      rest = rest.subspan(chunk.size());
    }
    call.end();
  }
};

}  // namespace

STOQ_PLUGIN(XorDecode, "xordecode", "4.0.0")

}  // namespace stoq::plugins::xordecode
