// SPDX-License-Identifier: Apache-2.0
// The decoder gives the same however the text is cut, and never more than it has room for.
#include "fuzz/target.h"
#include "plugins/b64decode/base64.h"

using namespace stoq::plugins::b64decode;
using stoq::fuzz::must;

namespace {

struct Outcome {
  std::vector<uint8_t> bytes;
  Decoder::Ending ending;
  uint64_t characters, ignored;
  bool operator==(const Outcome&) const = default;
};

Outcome decoded(stoq::fuzz::Bytes text, size_t piece) {
  Decoder decoder;
  Outcome out{};
  while (!text.empty()) {
    const auto head = text.first(std::min(piece, text.size()));
    text = text.subspan(head.size());
    std::vector<uint8_t> room(decoded_room(head.size()));
    const size_t size = decoder.decode(head, room.data());
    must(size <= room.size());
    out.bytes.insert(out.bytes.end(), room.begin(), room.begin() + static_cast<ptrdiff_t>(size));
  }
  out.ending = decoder.ending();
  out.characters = decoder.characters();
  out.ignored = decoder.ignored();
  return out;
}

}  // namespace

STOQ_FUZZ(b64decode) {
  const Outcome whole = decoded(data, SIZE_MAX);
  must(whole.bytes.size() <= data.size() / 4 * 3 + 3);
  must(whole.characters + whole.ignored <= data.size());
  for (const size_t piece : {size_t{1}, size_t{3}, size_t{64}, size_t{100}})
    must(decoded(data, piece) == whole);
}
