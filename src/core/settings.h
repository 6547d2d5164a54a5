// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <climits>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "config/ini.h"
#include "config/values.h"
#include "core/extraction.h"
#include "core/spool_settings.h"
#include "core/store.h"
#include "stoq/stoq.h"

namespace stoq {

inline constexpr unsigned kUntilStable = UINT_MAX;  // of max_dispatch_passes

// The [core] settings after precedence: arguments over stoq.cfg over defaults. Immutable once made.
struct Settings {
  unsigned max_recursion = 3;
  unsigned max_dispatch_passes = 1;  // or kUntilStable
  unsigned threads = 1;

  uint64_t max_payloads = 10'000;
  uint64_t reserved_payloads = UINT64_MAX;  // of them, the last ones, for interesting kinds
  ExtractionLimits extraction;
  uint64_t max_request_bytes = uint64_t{4} << 30;
  uint64_t max_result_size = uint64_t{16} << 20;
  uint64_t max_response_size = uint64_t{256} << 20;
  unsigned max_result_depth = 256;
  uint64_t max_error_size = uint64_t{64} << 10;
  double plugin_deadline = 60;
  double request_deadline = 600;
  uint64_t plugin_memory = uint64_t{2} << 30;
  uint64_t max_queue = 100;
  uint64_t max_queue_bytes = uint64_t{256} << 20;
  StoreSettings store;
  unsigned connector_attempts = 5;  // of run
  double connector_backoff = 0.25;  // seconds before the second attempt; doubles
  SpoolSettings spool;
  bool timings = false, explain = false;

  std::string log_dir;  // empty: no file log
  LogLevel log_level = LogLevel::info;
  uint64_t log_maxbytes = 1'500'000;
  unsigned log_backup_count = 5;
  bool log_json = false;

  std::vector<std::string> plugin_dirs;  // in the order of searching, the installed one first
  Names providers, source_archivers, dest_archivers, connectors, dispatchers, deep_dispatchers,
      decorators, always_dispatch;
  bool always_dispatch_configured =
      false;  // from stoq.cfg: one that does not load is an error at start

  std::string base_dir, state_dir;
  config::Ini file;  // stoq.cfg, for the sections of plugins
  PluginOpts plugin_opts;
};

// Reads stoq.cfg and merges. StoqException lists everything malformed with file and line;
// `warnings` get unknown keys.
Settings load_settings(const StoqOptions& options, std::vector<std::string>& warnings);

// The keys of [core] as data, for the documentation and `stoq list`.
const std::vector<config::OptionSpec>& core_options();

}  // namespace stoq
