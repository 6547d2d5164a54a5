// SPDX-License-Identifier: Apache-2.0
//
// The worker around unpack(): what was packed becomes a payload.
#include <algorithm>

#include "carving/give.h"
#include "packed.h"

namespace stoq::plugins::upx {
namespace {

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
      if (!why.empty()) call.error("unsupported: " + why);
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
  std::size_t most_;
};

}  // namespace

STOQ_PLUGIN(Upx, "upx", "4.0.0")

}  // namespace stoq::plugins::upx
