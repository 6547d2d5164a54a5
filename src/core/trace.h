// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

#include "stoq/json.h"

namespace stoq {

// How long each plugin took on one payload, and why it was run: kept only when it is asked for.
struct Trace {
  using Seconds = std::vector<std::pair<std::string, double>>;
  using Reasons = std::vector<std::pair<std::string, std::string>>;

  Seconds dispatchers, archivers;  // those of several passes added up
  std::vector<Seconds> workers;    // by round
  std::vector<Reasons> reasons;    // likewise

  Json timings() const;
  Json explain() const;
};

// Adds the time of its life to the plugin's.
class Stopwatch {
 public:
  Stopwatch(Trace::Seconds* into, const std::string& plugin) : into_(into), plugin_(plugin) {}
  ~Stopwatch();
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  Trace::Seconds* into_;  // null: nobody asks
  const std::string& plugin_;
  std::chrono::steady_clock::time_point start_ =
      into_ ? std::chrono::steady_clock::now() : std::chrono::steady_clock::time_point();
};

}  // namespace stoq
