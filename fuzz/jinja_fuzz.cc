// SPDX-License-Identifier: Apache-2.0
// A template, a response, and further templates: what comes out is bounded and the same each time;
// what does not is an error that names a place.
#include "fuzz/target.h"
#include "json/canonical.h"
#include "plugins/jinja/template.h"
#include "stoq/sdk/views.h"

using namespace stoq::plugins::jinja;
using stoq::fuzz::must;

STOQ_FUZZ(jinja) {
  const std::vector<std::string_view> parts = stoq::fuzz::parts_of(stoq::fuzz::text_of(data));
  std::string response = "{}";
  if (parts.size() > 1 && stoq::json::canonicalise(parts[1], response = "", {.max_depth = 64}))
    must(!response.empty());
  else
    response = R"({"results": [{"size": 3, "workers": [{"a": [1, 2.5, "x", null]}]}], "n": {}})";
  const auto load = [&](const std::string& name) -> std::optional<std::string> {
    if (name == "main") return std::string(parts[0]);
    if (name.size() == 1 && name[0] >= 'a' && static_cast<size_t>(name[0] - 'a') + 2 < parts.size())
      return std::string(parts[static_cast<size_t>(name[0] - 'a') + 2]);
    return std::nullopt;
  };
  Limits limits;
  limits.output = 10'000, limits.memory = 1 << 20, limits.steps = 20'000;
  const auto rendered = [&] {
    try {
      const std::string text = Template::compile("main", load).render(response, limits);
      must(text.size() <= limits.output);
      return text;
    } catch (const stoq::sdk::Error& e) {
      must(*e.what() != '\0');
      return std::string("error: ") + e.what();
    }
  };
  const std::string once = rendered();
  must(once == rendered());
}
