// SPDX-License-Identifier: Apache-2.0
//
// The worker around unpack(): what was packed becomes a payload.
#include <algorithm>

#include "carving/give.h"
#include "packed.h"

namespace stoq::plugins::upx {
namespace {

// What the plugin last-resort reads of what this one does not.
bool is_for_last_resort(carving::Bytes content, std::string_view why) {
  constexpr std::uint16_t kI386 = 0x14C;
  const std::size_t pe = carving::le32(content, 0x3C);
  return carving::has(content, 0, "MZ") && carving::has(content, pe, {"PE\0\0", 4}) &&
         carving::le16(content, pe + 4) == kI386 && why != kTooLarge;
}

class Upx {
 public:
  static constexpr sdk::Option options[] = {
      {"max_size", sdk::Kind::size, "128MiB", "what is larger when unpacked is only told of"},
  };

  explicit Upx(const sdk::Host& host)
      : most_(static_cast<std::size_t>(std::max<std::int64_t>(0, host.integer("max_size")))) {}

  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    std::string why;
    const auto unpacked = unpack(payload.content(), most_, why);
    if (!unpacked) {
      refuse(payload, call, why);
      return;
    }
    sdk::JsonWriter w;
    w.begin_object()
        .member("format", unpacked->format)
        .member("method", std::string_view(unpacked->method))
        .member("version", unpacked->version)
        .member("packed_size", payload.content().size())
        .member("size", unpacked->content.size());
    call.result(w.end_object());
    if (!unpacked->problem.empty()) call.error(unpacked->problem);
    if (unpacked->content.empty()) return;
    carving::give(call, unpacked->content, carving::meta_with([&](sdk::JsonWriter& m) {
                    m.member("unpacked_by", "upx");
                    if (!unpacked->problem.empty()) m.member("incomplete", true);
                  }));
  }

 private:
  static void refuse(const sdk::Payload& payload, sdk::Call& call, const std::string& why) {
    if (why.empty()) return;
    if (!is_for_last_resort(payload.content(), why)) return call.error("unsupported: " + why);
    sdk::JsonWriter w;
    w.begin_object().member("format", "pe").member("passed_on", std::string_view(why));
    call.result(w.end_object());
    call.dispatch("last-resort");
  }

  std::size_t most_;
};

}  // namespace

STOQ_PLUGIN(Upx, "upx", "4.0.0")

}  // namespace stoq::plugins::upx
