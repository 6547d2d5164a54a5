// SPDX-License-Identifier: Apache-2.0
//
// A response from its text, for those that hand it to an object of the program.
#include <cstdio>
#include <ctime>

#include "core/response_text.h"
#include "stoq/sdk/json.h"

namespace stoq {
namespace {

using sdk::JsonView;
using Kind = sdk::JsonKind;

bool is(JsonView value, Kind kind) {
  return value.kind() == kind || value.kind() == Kind::missing;
}

Json json_of(JsonView value) {
  return Json::from_canonical(std::string(value.text()));
}

NamedResults named(JsonView object) {
  NamedResults results;
  for (const auto& [name, value] : object.members()) results.emplace_back(name, json_of(value));
  return results;
}

std::vector<std::vector<std::string>> rounds_of_names(JsonView array) {
  std::vector<std::vector<std::string>> rounds;
  for (const JsonView round : array.elements()) rounds.push_back(round.strings());
  return rounds;
}

// Null where it is not known.
std::optional<uint64_t> count_of(JsonView value) {
  const int64_t count = value.int_or(-1);
  if (count < 0) return std::nullopt;
  return static_cast<uint64_t>(count);
}

bool read_duplicate(JsonView from, Duplicate& d) {
  d.extracted_from = from["extracted_from"].string_or("");
  d.extracted_by = from["extracted_by"].string_or("");
  d.count = count_of(from["count"]).value_or(1);
  const JsonView meta = from["payload_meta"];
  return meta.kind() != Kind::object || d.payload_meta.update(meta.text());
}

bool read_result(JsonView from, PayloadResults& r) {
  const JsonView workers = from["workers"], plugins = from["plugins_run"];
  if (from.kind() != Kind::object || !is(workers, Kind::array) || !is(plugins, Kind::object))
    return false;
  r.payload_id = from["payload_id"].string_or("");
  r.size = count_of(from["size"]).value_or(0);
  if (const JsonView meta = from["payload_meta"]; meta && !r.payload_meta.update(meta.text()))
    return false;
  r.workers.clear();
  for (const JsonView round : workers.elements()) r.workers.push_back(named(round));
  r.archivers = named(from["archivers"]);
  r.plugins_run = {rounds_of_names(plugins["workers"]), plugins["archivers"].strings()};
  r.extracted_from = from["extracted_from"].string_or("");
  r.extracted_by = from["extracted_by"].string_or("");
  r.sha256 = from["sha256"].string_or("");
  for (const JsonView duplicate : from["duplicates"].elements())
    if (!read_duplicate(duplicate, r.duplicates.emplace_back())) return false;
  if (const JsonView timings = from["timings"]) r.timings = json_of(timings);
  if (const JsonView explain = from["explain"]) r.explain = json_of(explain);
  return true;
}

// What local_time() gives.
std::chrono::system_clock::time_point read_time(const std::string& text) {
  std::tm parts{};
  int micros = 0;
  if (std::sscanf(text.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d.%6d", &parts.tm_year, &parts.tm_mon,
                  &parts.tm_mday, &parts.tm_hour, &parts.tm_min, &parts.tm_sec, &micros) < 6)
    return {};
  parts.tm_year -= 1900;
  parts.tm_mon -= 1;
  parts.tm_isdst = -1;
  return std::chrono::system_clock::from_time_t(std::mktime(&parts)) +
         std::chrono::microseconds(micros);
}

LimitRecord read_limit(JsonView from) {
  return {from["limit"].string_or(""), from["payload"].string_or(""), from["plugin"].string_or(""),
          count_of(from["left_out"]), count_of(from["count"]).value_or(1)};
}

}  // namespace

std::string read_response(std::string_view canonical, StoqResponse& response) {
  const JsonView view(canonical);
  if (view.kind() != Kind::object || view["results"].kind() != Kind::array)
    return "it has no results";
  // One look at each member: a look-up goes through all that stand before it.
  for (const auto& [key, value] : view.members()) {
    if (key == "results") {
      for (const JsonView result : value.elements())
        if (!read_result(result, response.results.emplace_back()))
          return "result " + std::to_string(response.results.size()) + " is of the wrong shape";
    } else if (key == "request_meta") {
      if (!response.request_meta.update(value.text())) return "request_meta is of the wrong shape";
    } else if (key == "errors") {
      for (const auto& [name, texts] : value.members())
        response.errors.emplace_back(name, texts.strings());
    } else if (key == "time") {
      response.time = read_time(value.string_or(""));
    } else if (key == "decorators") {
      response.decorators = named(value);
    } else if (key == "scan_id") {
      response.scan_id = value.string_or("");
    } else if (key == "limits") {
      for (const JsonView limit : value.elements()) response.limits.push_back(read_limit(limit));
    }
  }
  return "";
}

}  // namespace stoq
