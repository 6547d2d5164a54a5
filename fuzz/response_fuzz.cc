// SPDX-License-Identifier: Apache-2.0
// A response whose texts come from plugins, taken apart: by the engine, and by connectors out of
// its text. Both give the same documents, all of them canonical.
#include "fuzz/target.h"
#include "http/split.h"
#include "json/canonical.h"
#include "plugins/es-search/index_name.h"
#include "plugins/splunk/envelope.h"
#include "stoq/sdk/json.h"
#include "stoq/stoq.h"

using namespace stoq;
using fuzz::must;

namespace {

bool canonical(std::string_view text) {
  std::string again;
  return json::canonicalise(text, again) && again == text;
}

// A payload for each part: its id, parent, worker and result by lines; then errors.
StoqResponse response_of(std::string_view text) {
  StoqResponse response;
  response.scan_id = "id";
  for (std::string_view part : fuzz::parts_of(text)) {
    const auto line = [&part] {
      const size_t end = std::min(part.find('\n'), part.size());
      const std::string_view one = part.substr(0, end);
      part.remove_prefix(std::min(part.size(), end + 1));
      return sdk::text_from_bytes(fuzz::bytes_of(one));
    };
    PayloadResults& payload = response.results.emplace_back();
    payload.payload_id = line(), payload.extracted_from = line();
    while (!part.empty()) {
      const std::string worker = line();
      if (worker == "round") {
        payload.workers.emplace_back();
      } else if (worker == "error") {
        response.errors.add("plugin", line());
      } else if (std::string result; json::canonicalise(line(), result, {.max_depth = 64})) {
        payload.workers.back().set(worker, Json::from_canonical(result));
      }
    }
  }
  return response;
}

void check_text(const StoqResponse& response) {
  const std::string text = response.dumps(0);
  must(canonical(text));
  const std::vector<StoqResponse> parts = response.split();
  const http::ResponseText whole(text);
  size_t at = 0;
  whole.split([&](const http::ResponseText::Document& document) {
    must(document.text == (parts.empty() ? text : parts.at(at).dumps(0)));
    const std::string event = plugins::splunk::Envelope{.index = "i-{plugin}"}.around(
        document.text, document.plugin, plugins::splunk::epoch(whole.time()));
    must(canonical(event));
    static const plugins::es_search::IndexName index("stoq-{plugin}", true, true);
    must(document.plugin.size() > 200 ||
         plugins::es_search::index_problem(index.of(document.plugin, whole.time())).empty());
    ++at;
  });
  must(at == std::max<size_t>(parts.size(), 1));
}

}  // namespace

STOQ_FUZZ(response) {
  static Stoq stoq({.base_dir = "/nowhere", .log_dir = ""});
  const StoqResponse response = response_of(fuzz::text_of(data));
  check_text(response);
  const std::vector<StoqResponse> parts = stoq.reconstruct_all_subresponses(response);
  must(parts.size() == response.results.size());
  for (size_t i = 0; i < parts.size(); ++i) {
    must(parts[i].results.front().payload_id == response.results[i].payload_id);
    must(parts[i].results.size() <= response.results.size() - i);
    must(canonical(parts[i].dumps(0)));
  }
}
