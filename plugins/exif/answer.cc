// SPDX-License-Identifier: Apache-2.0
#include "answer.h"

#include "stoq/sdk/json.h"

namespace stoq::plugins::exif {

std::optional<std::string> result_of(std::string_view answer, size_t size) {
  const sdk::JsonView facts = sdk::JsonView(answer)[0];
  if (facts.kind() != sdk::JsonKind::object) return std::nullopt;
  sdk::JsonWriter json;
  json.begin_object();
  for (const auto& [name, value] : facts.members()) {
    if (name != "SourceFile") json.key(name).raw(value.text());
    // Of the group left out this alone is true of the payload, and stands here.
    if (name == "ExifToolVersion" && !facts["FileSize"]) json.member("FileSize", size);
  }
  return json.end_object().take();
}

}  // namespace stoq::plugins::exif
