// SPDX-License-Identifier: Apache-2.0
// The answers of Elasticsearch and Splunk to what they are sent, and times as Splunk wants them.
#include "fuzz/target.h"
#include "json/canonical.h"
#include "plugins/es-search/bulk.h"
#include "plugins/splunk/collector.h"
#include "plugins/splunk/envelope.h"
#include "stoq/sdk/json.h"

using stoq::fuzz::must;

STOQ_FUZZ(server_answers) {
  using namespace stoq::plugins;
  const std::string_view body = stoq::fuzz::text_of(data);
  for (const size_t count : {size_t{1}, size_t{2}, size_t{3}}) {
    const std::vector<es_search::ItemAnswer> answers = es_search::parse_answer(body, count);
    must(answers.empty() || answers.size() == count);
    for (const es_search::ItemAnswer& answer : answers)
      must(answer.status != 0 && answer.reason.size() <= body.size() * 3);
  }
  const splunk::CollectorAnswer answer = splunk::parse_answer(body);
  must(!answer.ack_id || *answer.ack_id >= 0);
  must(!answer.invalid_event || *answer.invalid_event <= size_t{INT64_MAX});
  const std::string_view advice = splunk::advice(400, answer.code);
  must(advice.empty() || advice.starts_with("; "));

  const std::string time = splunk::epoch(body);
  std::string number;
  must(time.empty() || stoq::json::canonicalise(time, number));
  must(time.empty() || stoq::sdk::JsonView(time).double_or(-1) >= 0);
}
