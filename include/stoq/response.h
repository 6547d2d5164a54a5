// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "stoq/payload.h"

namespace stoq {

struct PluginsRun {
  std::vector<std::vector<std::string>> workers{
      {}};  // parallel to PayloadResults::workers, in the order of running
  std::vector<std::string> archivers;
};

// A further occurrence of a payload that was scanned already. After 100 of them one entry without
// parent counts the rest.
struct Duplicate {
  std::string extracted_from;  // payload_id of the parent of this occurrence
  std::string extracted_by;
  PayloadMeta payload_meta;
  uint64_t count = 1;
};

struct PayloadResults {
  std::string payload_id;
  uint64_t size = 0;  // bytes
  PayloadMeta payload_meta;
  std::vector<NamedResults> workers{{}};  // one element a round: plugin -> result
  NamedResults archivers;
  PluginsRun plugins_run;
  std::string extracted_from;  // empty (null in JSON) for the root
  std::string extracted_by;
  std::string sha256;
  std::vector<Duplicate> duplicates;
  // Only when asked for (StoqOptions::timings, explain): seconds and reasons by plugin, as
  // docs/result.md shows them.
  std::optional<Json> timings, explain;
};

// Something that a limit, a deadline, a crash or a refusal kept out of the response.
struct LimitRecord {
  std::string limit;    // which: "max_payloads", "deadline", "crash" …; docs/result.md lists them
  std::string payload;  // payload_id; empty (null): the request as a whole
  std::string plugin;   // empty (null): the engine
  std::optional<uint64_t>
      left_out;        // how much, in the limit's unit; nothing (null) where it cannot be known
  uint64_t count = 1;  // > 1: so many records of this limit in one, because 100 were listed already
};

// Plugin name -> error texts, in the order in which the names appeared.
class Errors : public std::vector<std::pair<std::string, std::vector<std::string>>> {
 public:
  void add(std::string_view name, std::string text);
  const std::vector<std::string>* find(std::string_view name) const;
};

// Everything that one request gave. A value: copies are deep.
struct StoqResponse {
  std::vector<PayloadResults> results;  // breadth first, the root first
  RequestMeta request_meta;
  Errors errors;
  std::chrono::system_clock::time_point time;
  NamedResults decorators;
  std::string scan_id;
  std::vector<LimitRecord> limits;

  // The JSON document: indent 4 as the reference writes it, or on one line for 0. Never throws on
  // content.
  std::string dumps(unsigned indent = 4) const;

  // One response for every worker result, in order: `results` holds its payload alone, with that
  // result as its one round; the rest is copied. A payload without worker results gives none.
  std::vector<StoqResponse> split() const;
};

inline constexpr std::string_view kSchemaVersion = "4.0";

}  // namespace stoq
