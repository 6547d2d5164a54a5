// SPDX-License-Identifier: Apache-2.0
#include "addresses.h"
#include "carving/kind.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::url_files {
namespace {

class UrlFiles {
 public:
  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    const std::optional<std::string> converted = carving::from_wide(payload.content());
    const UrlFile file = read_url_file(converted ? *converted : payload.text());
    if (file.format.empty()) return;
    sdk::JsonWriter w;
    w.begin_object().member("format", file.format).key("fields").begin_array();
    for (const auto& [name, value] : file.fields)
      w.begin_array().value(std::string_view(name)).value(std::string_view(value)).end_array();
    call.result(w.end_array().end_object());
  }
};

}  // namespace

STOQ_PLUGIN(UrlFiles, "url-files", "4.0.0")

}  // namespace stoq::plugins::url_files
