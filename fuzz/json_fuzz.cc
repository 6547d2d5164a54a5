// SPDX-License-Identifier: Apache-2.0
// canonicalise() on hostile text: what it accepts is canonical and fits the limits, what it
// refuses leaves no trace. JsonView and indent on the raw bytes: any answer will do, but no read
// outside.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "json/canonical.h"
#include "stoq/sdk/json.h"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

size_t walk(const stoq::sdk::JsonView& view, unsigned depth) {
  size_t seen =
      view.string_or("").size() + view.strings().size() + view.size() + view.bool_or(false);
  seen += view.int_or(1) == 0 || view.double_or(1) == 0;
  if (depth == 0) return seen + view["a"].text().size() + view[0].text().size();
  for (const auto& [key, value] : view.members()) seen += key.size() + walk(value, depth - 1);
  for (const auto& value : view.elements()) seen += walk(value, depth - 1);
  return seen;
}

void check(std::string_view text, const stoq::json::Limits& limits) {
  std::string once = "kept";
  const auto outcome = stoq::json::canonicalise(text, once, limits);
  must(once.starts_with("kept"));
  if (!outcome) {
    must(once == "kept" && !outcome.message.empty() && outcome.offset <= text.size());
    must(stoq::sdk::valid_utf8(outcome.message));
    return;
  }
  once.erase(0, 4);
  must(once.size() <= limits.max_size && stoq::sdk::valid_utf8(once));
  std::string twice;
  must(bool(stoq::json::canonicalise(once, twice, limits)) && once == twice);
  std::string again;
  must(bool(stoq::json::canonicalise(stoq::sdk::indent(once), again, limits)) && once == again);
  walk(stoq::sdk::JsonView(once), 4);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  check(text, {});
  check(text, {.max_size = size / 2, .max_depth = 3});
  walk(stoq::sdk::JsonView(text), 3);
  (void)stoq::sdk::indent(text, 1);

  std::string quoted, canonical;
  stoq::sdk::append_quoted(quoted, text);
  must(bool(stoq::json::canonicalise(quoted, canonical)) && quoted == canonical);
  const std::string decoded = stoq::sdk::text_from_bytes({data, size});
  must(stoq::sdk::valid_utf8(decoded));
  quoted.clear();
  stoq::sdk::append_quoted(quoted, decoded);
  must(stoq::sdk::JsonView(quoted).as_string() == decoded);
  return 0;
}
