// SPDX-License-Identifier: Apache-2.0
#include "stoq/response.h"

#include "core/fork.h"
#include "core/response_text.h"
#include "stoq/sdk/json.h"

#include <ctime>

namespace stoq {
namespace {

using sdk::JsonWriter;

void named(JsonWriter& w, const NamedResults& results, std::string& scratch) {
  w.begin_object();
  for (const auto& [name, value] : results) {
    w.key(name);
    w.raw(value.view(scratch));
  }
  w.end_object();
}

void names(JsonWriter& w, const std::vector<std::string>& list) {
  w.begin_array();
  for (const std::string& name : list) w.value(std::string_view(name));
  w.end_array();
}

void text_or_null(JsonWriter& w, std::string_view text) {
  if (text.empty())
    w.value(nullptr);
  else
    w.value(text);
}

void payload_results(JsonWriter& w, const PayloadResults& r, std::string& scratch) {
  w.begin_object();
  w.key("payload_id"), w.value(std::string_view(r.payload_id));
  w.key("size"), w.value(r.size);
  w.key("payload_meta"), w.raw(r.payload_meta.text());
  w.key("workers"), w.begin_array();
  for (const NamedResults& round : r.workers) named(w, round, scratch);
  w.end_array();
  w.key("archivers"), named(w, r.archivers, scratch);
  w.key("plugins_run"), w.begin_object();
  w.key("workers"), w.begin_array();
  for (const auto& round : r.plugins_run.workers) names(w, round);
  w.end_array();
  w.key("archivers"), names(w, r.plugins_run.archivers);
  w.end_object();
  w.key("extracted_from"), text_or_null(w, r.extracted_from);
  w.key("extracted_by"), text_or_null(w, r.extracted_by);
  w.key("sha256"), text_or_null(w, r.sha256);
  w.key("duplicates"), w.begin_array();
  for (const Duplicate& d : r.duplicates) {
    w.begin_object();
    w.key("extracted_from"), text_or_null(w, d.extracted_from);
    w.key("extracted_by"), text_or_null(w, d.extracted_by);
    w.key("payload_meta");
    if (d.extracted_from.empty())
      w.value(nullptr);
    else
      w.raw(d.payload_meta.text());
    w.key("count"), w.value(d.count);
    w.end_object();
  }
  w.end_array();
  if (r.timings) w.key("timings"), w.raw(r.timings->view(scratch));
  if (r.explain) w.key("explain"), w.raw(r.explain->view(scratch));
  w.end_object();
}

}  // namespace

std::string local_time(std::chrono::system_clock::time_point when) {
  using namespace std::chrono;
  const auto seconds = floor<std::chrono::seconds>(when);
  const auto micros = duration_cast<microseconds>(when - seconds).count();
  const std::time_t t = system_clock::to_time_t(seconds);
  const std::tm parts = local_parts(t);
  char text[40];
  size_t n = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  if (micros != 0)
    n += static_cast<size_t>(
        std::snprintf(text + n, sizeof text - n, ".%06d", static_cast<int>(micros)));
  return {text, n};
}

void Errors::add(std::string_view name, std::string text) {
  for (auto& [key, texts] : *this)
    if (key == name) {
      texts.push_back(std::move(text));
      return;
    }
  emplace_back(std::string(name), std::vector<std::string>{std::move(text)});
}

const std::vector<std::string>* Errors::find(std::string_view name) const {
  for (const auto& [key, texts] : *this)
    if (key == name) return &texts;
  return nullptr;
}

namespace {

void members(JsonWriter& w, const Errors& errors) {
  w.begin_object();
  for (const auto& [name, texts] : errors) w.key(name), names(w, texts);
  w.end_object();
}

void members(JsonWriter& w, const std::vector<LimitRecord>& limits) {
  w.begin_array();
  for (const LimitRecord& l : limits) {
    w.begin_object();
    w.key("limit"), w.value(std::string_view(l.limit));
    w.key("payload"), text_or_null(w, l.payload);
    w.key("plugin"), text_or_null(w, l.plugin);
    w.key("left_out");
    if (l.left_out)
      w.value(*l.left_out);
    else
      w.value(nullptr);
    w.key("count"), w.value(l.count);
    w.end_object();
  }
  w.end_array();
}

}  // namespace

std::string text_of(const PayloadResults& results) {
  std::string scratch;
  JsonWriter w;
  payload_results(w, results, scratch);
  return w.take();
}

std::string text_of(const Errors& errors) {
  JsonWriter w;
  members(w, errors);
  return w.take();
}

std::string text_of(const std::vector<LimitRecord>& limits) {
  JsonWriter w;
  members(w, limits);
  return w.take();
}

std::string text_of(const NamedResults& results) {
  std::string scratch;
  JsonWriter w;
  named(w, results, scratch);
  return w.take();
}

std::string StoqResponse::dumps(unsigned indent) const {
  std::string scratch;
  JsonWriter w;
  w.begin_object();
  w.key("results"), w.begin_array();
  for (const PayloadResults& r : results) payload_results(w, r, scratch);
  w.end_array();
  w.key("request_meta"), w.raw(request_meta.text());
  w.key("errors"), members(w, errors);
  w.key("time"), w.value(std::string_view(local_time(time)));
  w.key("decorators"), named(w, decorators, scratch);
  w.key("scan_id"), w.value(std::string_view(scan_id));
  w.key("schema"), w.value(kSchemaVersion);
  w.key("limits"), members(w, limits);
  w.end_object();
  return indent == 0 ? w.take() : sdk::indent(w.str(), indent);
}

}  // namespace stoq
