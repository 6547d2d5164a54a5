// SPDX-License-Identifier: Apache-2.0
//
// One worker of STOQ_PLUGINS on one payload, in an engine: what it says and what it gives.
#pragma once

#include <map>
#include <mutex>

#include "support/objects.h"

namespace stoq::test {

struct Extracted {
  std::string content;
  std::string extra_data;  // JSON
};

struct WorkerScan {
  std::string worker;
  StoqResponse response;
  std::vector<Extracted> extracted;
  std::string result;  // JSON; empty for none
  std::vector<std::string> errors;

  std::vector<std::string> contents() const {
    std::vector<std::string> all;
    for (const Extracted& e : extracted) all.push_back(e.content);
    return all;
  }
  std::vector<std::string> metas() const {
    std::vector<std::string> all;
    for (const Extracted& e : extracted) all.push_back(e.extra_data);
    return all;
  }
};

// `options` are of the worker; "isolation" is "none" where it says nothing else. Contents are those
// of payloads that are not the same as an earlier one.
inline WorkerScan scan_with(const std::string& worker, std::string_view content,
                            std::map<std::string, std::string> options = {},
                            std::map<std::string, std::string> core = {}) {
  StoqOptions o = quiet(std::move(core));
  o.plugin_dir_list = {STOQ_PLUGINS};
  o.plugin_opts[worker]["isolation"] = "none";
  for (const auto& [key, value] : options) o.plugin_opts[worker][key] = OptionText(value);
  Stoq s(std::move(o));
  WorkerScan out{.worker = worker};
  std::mutex mutex;
  std::map<std::string, std::string> contents;  // by payload_id
  s.add_plugin("rules", std::make_shared<FunctionDispatcher>([&](Payload& payload, Request&) {
                 if (payload.level == 0) return DispatcherResponse{.plugin_names = {worker}};
                 std::lock_guard lock(mutex);
                 contents[payload.payload_id] = text(payload);
                 return DispatcherResponse();
               }));
  out.response = s.scan(content);
  for (const auto& result : out.response.results)
    if (const auto found = contents.find(result.payload_id); found != contents.end())
      out.extracted.push_back({found->second, std::string(result.payload_meta.extra_data.text())});
  if (!out.response.results[0].workers.empty())
    if (const auto* result = out.response.results[0].workers[0].find(worker))
      out.result = std::string(result->text());
  out.errors = errors_of(out.response, worker);
  return out;
}

// Errors without what the engine adds.
inline std::vector<std::string> problems(const WorkerScan& r) {
  std::vector<std::string> all;
  const std::string before = r.worker + " ; ";
  for (const std::string& e : r.errors) {
    const size_t at = e.rfind(before);
    const size_t begin = at == e.npos ? 0 : at + before.size();
    all.push_back(e.substr(begin, e.find(" ; payload") - begin));
  }
  return all;
}

}  // namespace stoq::test
