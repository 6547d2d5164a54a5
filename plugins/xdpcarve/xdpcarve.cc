// SPDX-License-Identifier: Apache-2.0
//
// The worker around walk(): what the named elements hold becomes a payload, decoded where it is
// base64.
#include <algorithm>

#include "carving/base64.h"
#include "carving/give.h"
#include "xml.h"

namespace stoq::plugins::xdpcarve {
namespace {

class XdpCarve {
 public:
  static constexpr sdk::Option options[] = {
      {"elements", sdk::Kind::list, "chunk", "names of elements, without a prefix"},
  };

  explicit XdpCarve(const sdk::Host& host) : elements_(host.list("elements")) {}

  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    const auto wanted = [this](std::string_view name) {
      return std::ranges::find(elements_, name) != elements_.end();
    };
    const auto found = [&](std::string_view name, std::string&& text, size_t at) {
      text.erase(text.find_last_not_of(" \t\r\n") + 1);
      if (text.empty()) return !call.cancelled();
      const std::string meta = carving::meta_with(
          [&](sdk::JsonWriter& w) { w.member("element_name", name).member("offset", at); });
      const auto decoded = carving::strict_base64(text);
      return carving::give(call, std::string_view(decoded ? *decoded : text), meta);
    };
    const std::string problem = walk(payload.text(), wanted, found);
    if (!problem.empty()) call.error("Unable to parse payload as XML with xdpcarve: " + problem);
  }

 private:
  std::vector<std::string> elements_;
};

}  // namespace

STOQ_PLUGIN(XdpCarve, "xdpcarve", "4.0.0")

}  // namespace stoq::plugins::xdpcarve
