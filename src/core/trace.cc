// SPDX-License-Identifier: Apache-2.0
#include "core/trace.h"

#include <algorithm>
#include <string_view>

#include "stoq/sdk/json.h"

namespace stoq {
namespace {

void write_value(sdk::JsonWriter& w, double value) {
  w.raw(Json(value).text());
}
void write_value(sdk::JsonWriter& w, const std::string& value) {
  w.value(std::string_view(value));
}

template <class Pairs>
void object(sdk::JsonWriter& w, const Pairs& pairs) {
  w.begin_object();
  for (const auto& [name, value] : pairs) {
    w.key(name);
    write_value(w, value);
  }
  w.end_object();
}

template <class Rounds>
void rounds(sdk::JsonWriter& w, const Rounds& all) {
  w.key("workers"), w.begin_array();
  for (const auto& round : all) object(w, round);
  w.end_array();
}

}  // namespace

Json Trace::timings() const {
  sdk::JsonWriter w;
  w.begin_object();
  w.key("dispatchers"), object(w, dispatchers);
  rounds(w, workers);
  w.key("archivers"), object(w, archivers);
  w.end_object();
  return Json::from_canonical(w.take());
}

Json Trace::explain() const {
  sdk::JsonWriter w;
  w.begin_object();
  rounds(w, reasons);
  w.end_object();
  return Json::from_canonical(w.take());
}

Stopwatch::~Stopwatch() {
  if (!into_) return;
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  const auto at = std::find_if(into_->begin(), into_->end(),
                               [&](const auto& entry) { return entry.first == plugin_; });
  if (at == into_->end())
    into_->emplace_back(plugin_, seconds);
  else
    at->second += seconds;
}

}  // namespace stoq
