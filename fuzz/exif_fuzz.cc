// SPDX-License-Identifier: Apache-2.0
// What becomes of ExifTool's answer: JSON where that is JSON, with the size of the payload.
#include "fuzz/target.h"
#include "json/canonical.h"
#include "plugins/exif/answer.h"
#include "stoq/sdk/json.h"

using stoq::fuzz::must;
using stoq::plugins::exif::result_of;

STOQ_FUZZ(exif) {
  (void)result_of(stoq::fuzz::text_of(data), 7);
  std::string answer, result;
  if (!stoq::json::canonicalise(stoq::fuzz::text_of(data), answer)) return;
  const std::optional<std::string> given = result_of(answer, 7);
  const stoq::sdk::JsonView facts = stoq::sdk::JsonView(answer)[0];
  must(given.has_value() == (facts.kind() == stoq::sdk::JsonKind::object));
  if (!given) return;
  must(bool(stoq::json::canonicalise(*given, result)) && result == *given);
  must(!stoq::sdk::JsonView(result)["SourceFile"]);
  if (facts["ExifToolVersion"] && !facts["FileSize"])
    must(stoq::sdk::JsonView(result)["FileSize"].int_or(0) == 7);
}
