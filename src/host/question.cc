// SPDX-License-Identifier: Apache-2.0
#include "host/question.h"

#include "core/facts.h"

namespace stoq {

Question::Question(std::span<const BatchItem> items) {
  if (items.empty()) return;
  const Input& first = *items.front().input;
  message.response = first.response_text;
  message.scan_id = first.scan_id;
  message.task = first.task;
  message.limits = items.front().reply->meter().limits();
  message.time_left = items.front().reply->time_left();
  for (size_t i = 0; i < items.size();) {
    const Input& input = *items[i].input;
    PluginInfo asking;  // what any of them asks for
    for (; i < items.size() && items[i].input == &input; ++i) {
      const PluginInfo& info = items[i].instance->info();
      asking.wants_ancestors |= info.wants_ancestors;
      asking.results.insert(asking.results.end(), info.results.begin(), info.results.end());
      message.items.push_back(
          {.op = items[i].op, .payload = static_cast<uint32_t>(payloads.size())});
    }
    if (input.payload) describe(input, asking);
  }
}

void Question::describe(const Input& input, const PluginInfo& asking) {
  const Payload& payload = *input.payload;
  payloads.push_back(&payload);
  wire::CallPayload& part = message.payloads.emplace_back();
  Texts& texts = texts_.emplace_back();
  part.sha256 = payload.sha256();
  part.level = payload.level;
  part.payload_id = payload.payload_id;
  part.extracted_from = payload.extracted_from;
  part.extracted_by = payload.extracted_by;
  part.payload_meta = texts.payload_meta = payload.payload_meta.text();
  part.request_meta = texts.request_meta =
      input.request ? input.request->request_meta.text() : "{}";
  if (!payload.dispatch_meta.empty())
    part.dispatch_meta = texts.dispatch_meta = object_text(payload.dispatch_meta);
  if (!payload.deep_dispatch_meta.empty())
    part.deep_dispatch_meta = texts.deep_dispatch_meta = object_text(payload.deep_dispatch_meta);
  if (!asking.results.empty()) part.results = texts.results = results_text(payload, asking);
  part.plugins_run = texts.plugins_run = plugins_run_text(payload);
  if (asking.wants_ancestors) part.ancestors = texts.ancestors = ancestors_text(payload, asking);
}

}  // namespace stoq
