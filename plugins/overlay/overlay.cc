// SPDX-License-Identifier: Apache-2.0
//
// The worker around extent_of(): what lies behind the end becomes a payload, and is the result.
#include <algorithm>

#include "carving/give.h"
#include "extent.h"

namespace stoq::plugins::overlay {
namespace {

using carving::Bytes;

bool is_padding(Bytes b) {
  return std::ranges::all_of(b, [](uint8_t byte) { return byte == 0; });
}

class Overlay {
 public:
  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    const Bytes content = payload.content();
    const auto extent = extent_of(content);
    if (!extent || !extent->whole || extent->end >= content.size()) return;
    sdk::JsonWriter w;
    w.begin_object().member("format", extent->format).member("end", extent->end);
    w.key("parts").begin_array();
    const auto take = [&](std::size_t begin, std::size_t end) {
      if (begin >= end) return true;
      const Bytes part = content.subspan(begin, end - begin);
      const bool padding = is_padding(part);
      w.begin_object().member("offset", begin).member("size", part.size());
      if (padding) w.member("padding", true);
      w.end_object();
      return padding || carving::give(call, part, carving::meta_with([&](sdk::JsonWriter& meta) {
                                        meta.member("offset", begin);
                                        meta.member("behind", extent->format);
                                      }));
    };
    if (extent->signature_size == 0) {
      take(extent->end, content.size());
    } else if (take(extent->end, extent->signature_at)) {
      take(extent->signature_at + extent->signature_size, content.size());
    }
    call.result(w.end_array().end_object());
  }
};

}  // namespace

STOQ_PLUGIN(Overlay, "overlay", "4.0.0")

}  // namespace stoq::plugins::overlay
