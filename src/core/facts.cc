// SPDX-License-Identifier: Apache-2.0
#include "core/facts.h"

#include "stoq/sdk/json.h"

namespace stoq {
namespace {

void write_results(sdk::JsonWriter& w, const Payload& payload, const PluginInfo& asking) {
  std::string scratch;
  w.begin_array();
  for (const NamedResults& round : payload.worker_results) {
    w.begin_object();
    for (const auto& [name, value] : round) {
      if (!asking.wants_result_of(name)) continue;
      w.key(name);
      w.raw(value.view(scratch));
    }
    w.end_object();
  }
  w.end_array();
}

}  // namespace

std::string object_text(const NamedResults& results) {
  std::string scratch;
  sdk::JsonWriter w;
  w.begin_object();
  for (const auto& [name, value] : results) {
    w.key(name);
    w.raw(value.view(scratch));
  }
  w.end_object();
  return w.take();
}

std::string results_text(const Payload& payload, const PluginInfo& asking) {
  sdk::JsonWriter w;
  write_results(w, payload, asking);
  return w.take();
}

std::string plugins_run_text(const Payload& payload) {
  sdk::JsonWriter w;
  w.begin_array();
  for (const auto& round : payload.plugins_run) {
    w.begin_array();
    for (const std::string& name : round) w.value(std::string_view(name));
    w.end_array();
  }
  w.end_array();
  return w.take();
}

std::string ancestors_text(const Payload& payload, const PluginInfo& asking) {
  if (!payload.ancestors.empty()) return payload.ancestors;
  sdk::JsonWriter w;
  w.begin_array();
  for (const Payload* p = payload.parent; p; p = p->parent) {
    w.begin_object();
    w.key("payload_id");
    w.value(std::string_view(p->payload_id));
    w.key("payload_meta");
    w.raw(p->payload_meta.text());
    w.key("workers");
    write_results(w, *p, asking);
    w.end_object();
  }
  w.end_array();
  return w.take();
}

}  // namespace stoq
