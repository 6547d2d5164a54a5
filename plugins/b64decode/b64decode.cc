// SPDX-License-Identifier: Apache-2.0
//
// The worker around Decoder: one payload out, or none and an error where the text is cut short.
#include <algorithm>
#include <array>

#include "base64.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::b64decode {
namespace {

constexpr size_t kChunk = 64 << 10;

class B64Decode {
 public:
  struct Thread {
    std::array<uint8_t, decoded_room(kChunk)> decoded;
  };

  void scan(const sdk::Payload& payload, sdk::Call& call, Thread& thread) const {
    Decoder decoder;
    bool begun = false;
    for (std::span<const uint8_t> rest = payload.content(); !rest.empty();) {
      const auto chunk = rest.first(std::min(rest.size(), kChunk));
      rest = rest.subspan(chunk.size());
      const size_t size = decoder.decode(chunk, thread.decoded.data());
      if (size == 0) continue;
      if (!begun && !call.begin()) return;
      begun = true;
      if (!call.write(std::span(thread.decoded).first(size))) return;
    }
    const std::string problem = problem_of(decoder);
    if (begun && !call.end(problem.empty())) return;
    if (!problem.empty()) throw sdk::Error(problem);
    if (decoder.ignored() > 0)
      call.error("the text goes on behind its padding: " + std::to_string(decoder.ignored()) +
                 " characters there were not decoded");
  }

 private:
  static std::string problem_of(const Decoder& decoder) {
    const std::string characters = std::to_string(decoder.characters());
    switch (decoder.ending()) {
      case Decoder::Ending::unpadded:
        return "Incorrect padding: the last of " + characters +
               " characters of base64 lack the '=' that fills their group; the text is cut short, "
               "or is no base64";
      case Decoder::Ending::odd:
        return "Invalid length: " + characters +
               " characters of base64 are one more than a multiple of 4; the text is cut short, "
               "or is no base64";
      case Decoder::Ending::whole:
        break;
    }
    return {};
  }
};

}  // namespace

STOQ_PLUGIN(B64Decode, "b64decode", "4.0.0")

}  // namespace stoq::plugins::b64decode
