// SPDX-License-Identifier: Apache-2.0
//
// The worker around carve_next(): every PE becomes a payload, decoded where it was XOR-ed.
#include <array>

#include "carve.h"
#include "carving/give.h"

namespace stoq::plugins::pecarve {
namespace {

std::string meta_of(const Carved& carved) {
  return carving::meta_with([&](sdk::JsonWriter& w) {
    w.member("offset", carved.offset);
    if (carved.veil.key != 0) w.member("xorkey", carved.veil.key);
    if (carved.veil.keeps_zeros) w.member("xor_keeps_zeros", true);
    if (carved.truncated) w.member("truncated", true);
  });
}

class PeCarve {
 public:
  struct Thread {
    std::array<uint8_t, 64 << 10> decoded;
  };

  void scan(const sdk::Payload& payload, sdk::Call& call, Thread& thread) const {
    const carving::Bytes content = payload.content();
    for (std::size_t at = 0;;) {
      const auto carved = carve_next(content, at);
      if (!carved || !give_decoded(call, content, *carved, thread)) return;
      at = carved->offset + carved->size;
    }
  }

 private:
  static bool give_decoded(sdk::Call& call, carving::Bytes content, const Carved& carved,
                           Thread& thread) {
    carving::Bytes rest = content.subspan(carved.offset, carved.size);
    if (carved.veil.key == 0) return carving::give(call, rest, meta_of(carved));
    if (!call.begin(meta_of(carved))) return false;
    while (!rest.empty()) {
      const auto piece = rest.first(std::min(rest.size(), thread.decoded.size()));
      std::transform(piece.begin(), piece.end(), thread.decoded.begin(),
                     [&](uint8_t byte) { return carved.veil.lift(byte); });
      if (!call.write(std::span(thread.decoded).first(piece.size()))) return false;
      rest = rest.subspan(piece.size());
    }
    return call.end();
  }
};

}  // namespace

STOQ_PLUGIN(PeCarve, "pecarve", "4.0.0")

}  // namespace stoq::plugins::pecarve
