// SPDX-License-Identifier: Apache-2.0
//
// The worker around next_file() and next_binhex().
#include "binhex.h"
#include "carving/give.h"
#include "carving/kind.h"
#include "numbers.h"

namespace stoq::plugins::hexcarve {
namespace {

class HexCarve {
 public:
  void scan(const sdk::Payload& payload, sdk::Call& call) const {
    const std::optional<std::string> converted = carving::from_wide(payload.content());
    const std::string_view text = converted ? *converted : payload.text();
    sdk::JsonWriter w;
    w.begin_object().key("found").begin_array();
    const size_t nothing = w.str().size();
    if (numbers(text, call, w)) binhex(text, call, w);
    if (w.str().size() > nothing) call.result(w.end_array().end_object());
  }

 private:
  static bool numbers(std::string_view text, sdk::Call& call, sdk::JsonWriter& w) {
    size_t budget = text.size() * 8 + (1 << 20);
    for (size_t at = 0; !call.cancelled();) {
      const auto found = next_file(text, at, budget);
      if (!found) break;
      at = found->end;
      w.begin_object().member("kind", found->kind).member("offset", found->at);
      w.member("size", found->content.size()).end_object();
      if (!carving::give(
              call, std::string_view(found->content),
              carving::meta_with([&](sdk::JsonWriter& meta) {
                meta.member("offset", found->at).member("text_size", found->end - found->at);
              })))
        return false;
    }
    if (budget == 0) call.error("too much that only looks like a file: not all was looked at");
    return true;
  }

  static void binhex(std::string_view text, sdk::Call& call, sdk::JsonWriter& w) {
    for (size_t at = 0; !call.cancelled();) {
      const auto file = next_binhex(text, at);
      if (!file) return;
      at = file->end;
      const std::string name = sdk::text_from_bytes(carving::bytes_of(file->name));
      w.begin_object().member("kind", "binhex").member("offset", file->at);
      w.member("name", std::string_view(name)).member("size", file->data.size());
      w.member("resource_size", file->resource.size()).end_object();
      if (!file->problem.empty()) call.error("BinHex file '" + name + "': " + file->problem);
      for (const auto& [content, fork] :
           {std::pair(&file->data, "data"), std::pair(&file->resource, "resource")})
        if (!content->empty() &&
            !carving::give(call, std::string_view(*content),
                           carving::meta_with([&](sdk::JsonWriter& meta) {
                             meta.member("filename", std::string_view(name));
                             meta.member("offset", file->at).member("fork", fork);
                           })))
          return;
    }
  }
};

}  // namespace

STOQ_PLUGIN(HexCarve, "hexcarve", "4.0.0")

}  // namespace stoq::plugins::hexcarve
