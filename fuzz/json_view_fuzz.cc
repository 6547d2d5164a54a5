// SPDX-License-Identifier: Apache-2.0
// The SDK's reader of JSON, and the engine's trees: written out again, canonical text is the same.
// On text that is no JSON any answer will do, but no read outside.
#include <nlohmann/json.hpp>

#include "fuzz/target.h"
#include "json/canonical.h"
#include "stoq/json.h"
#include "stoq/sdk/json.h"

using namespace stoq;
using fuzz::must;
using sdk::JsonKind;

namespace {

constexpr unsigned kDepth = 64;

void copy(const sdk::JsonView& view, sdk::JsonWriter& out, unsigned depth) {
  must(depth <= kDepth);
  size_t count = 0;
  switch (view.kind()) {
    case JsonKind::object:
      out.begin_object();
      for (const auto& [key, value] : view.members()) {
        must(view[key].text() == value.text());
        copy(value, out.key(key), depth + 1), ++count;
      }
      must(view.size() == count);
      out.end_object();
      return;
    case JsonKind::array:
      out.begin_array();
      for (const sdk::JsonView& value : view.elements()) {
        must(view[count].text() == value.text());
        copy(value, out, depth + 1), ++count;
      }
      must(view.size() == count);
      out.end_array();
      return;
    case JsonKind::string:
      out.value(view.string_or("no string"));
      return;
    case JsonKind::boolean:
      out.value(view.bool_or(false));
      return;
    default:
      must(view.kind() != JsonKind::missing);
      out.raw(view.text());
  }
}

size_t walk(const sdk::JsonView& view, unsigned depth) {
  size_t seen = view.string_or("").size() + view.strings().size() + view.size();
  seen += view.int_or(1) == 0 || view.double_or(1) == 0 || view.bool_or(false);
  if (depth == 0) return seen + view["a"].text().size() + view[0].text().size();
  for (const auto& [key, value] : view.members()) seen += key.size() + walk(value, depth - 1);
  for (const auto& value : view.elements()) seen += walk(value, depth - 1);
  return seen;
}

}  // namespace

STOQ_FUZZ(json_view) {
  walk(sdk::JsonView(fuzz::text_of(data)), 3);
  std::string canonical;
  if (!json::canonicalise(fuzz::text_of(data), canonical, {.max_depth = kDepth})) return;
  sdk::JsonWriter copied;
  copy(sdk::JsonView(canonical), copied, 0);
  must(copied.str() == canonical);

  const Json json = Json::from_canonical(canonical);
  const std::string of_tree = Json(json.tree()).text();  // numbers may have lost digits
  must(Json::parse(of_tree).text() == of_tree);
  must(Json(Json::from_canonical(of_tree).tree()).text() == of_tree);
}
