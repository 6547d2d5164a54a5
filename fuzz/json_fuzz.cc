// SPDX-License-Identifier: Apache-2.0
// canonicalise() on hostile text: what it accepts is canonical and fits the limits, what it
// refuses leaves no trace.
#include "fuzz/target.h"
#include "json/canonical.h"
#include "stoq/sdk/json.h"

using namespace stoq;
using fuzz::must;

namespace {

void check(std::string_view text, const json::Limits& limits) {
  std::string once = "kept";
  const json::Outcome outcome = json::canonicalise(text, once, limits);
  must(once.starts_with("kept"));
  if (!outcome) {
    must(once == "kept" && !outcome.message.empty() && outcome.offset <= text.size());
    must(sdk::valid_utf8(outcome.message));
    return;
  }
  once.erase(0, 4);
  must(once.size() <= limits.max_size && sdk::valid_utf8(once));
  std::string twice, again;
  must(bool(json::canonicalise(once, twice, limits)) && once == twice);
  must(bool(json::canonicalise(sdk::indent(once), again, limits)) && once == again);
}

}  // namespace

STOQ_FUZZ(json) {
  const std::string_view text = fuzz::text_of(data);
  check(text, {});
  check(text, {.max_size = text.size() / 2, .max_depth = 3});
  (void)sdk::indent(text, 1);

  std::string quoted, canonical;
  sdk::append_quoted(quoted, text);
  must(bool(json::canonicalise(quoted, canonical)) && quoted == canonical);
  const std::string decoded = sdk::text_from_bytes(data);
  must(sdk::valid_utf8(decoded));
  quoted.clear();
  sdk::append_quoted(quoted, decoded);
  must(sdk::JsonView(quoted).as_string() == decoded);
}
