// SPDX-License-Identifier: Apache-2.0
#include "bench/row.h"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

namespace stoq::bench {

double quantile(Samples samples, double q) {
  if (samples.empty()) return 0;
  std::sort(samples.begin(), samples.end());
  const double at = q * static_cast<double>(samples.size() - 1);
  const auto low = static_cast<size_t>(at);
  const size_t high = std::min(low + 1, samples.size() - 1);
  return samples[low] + (samples[high] - samples[low]) * (at - static_cast<double>(low));
}

std::vector<Samples> take_turns(unsigned rounds,
                                const std::vector<std::function<double()>>& steps) {
  std::vector<Samples> columns(steps.size());
  for (const auto& step : steps) step();
  for (unsigned round = 0; round < rounds; ++round)
    for (size_t i = 0; i < steps.size(); ++i) {
      const size_t turn = (i + round) % steps.size();
      columns[turn].push_back(steps[turn]());
    }
  return columns;
}

void judge(Row& row, const Samples& ours, const Samples& floor) {
  Samples ratios, differences;
  for (size_t i = 0; i < std::min(ours.size(), floor.size()); ++i) {
    ratios.push_back(ours[i] / floor[i]);
    differences.push_back(ours[i] - floor[i]);
  }
  row.ours = median(ours);
  row.floor = median(floor);
  row.ratio = median(ratios);
  const Samples& measured = row.measure == Measure::ratio        ? ratios
                            : row.measure == Measure::difference ? differences
                                                                 : ours;
  row.value = median(measured);
  row.lower = quantile(measured, 0.25);
  row.upper = quantile(measured, 0.75);
}

void print_heading() {
  std::printf("%-57s %7s %9s %9s  %-4s %7s  %-17s %s\n", "workload", "threads", "ours", "floor",
              "unit", "ratio", "quartiles", "verdict");
}

void print_row(const Row& r) {
  if (!r.skipped.empty()) {
    std::printf("%-57s not measured: %s\n", r.workload.c_str(), r.skipped.c_str());
    return;
  }
  char quartiles[64];
  std::snprintf(quartiles, sizeof quartiles, "%.3f to %.3f", r.lower, r.upper);
  std::printf("%-57s %7u %9.3f %9.3f  %-4s %7.3f  %-17s ", r.workload.c_str(), r.threads, r.ours,
              r.floor, r.unit.c_str(), r.ratio, quartiles);
  static constexpr const char* kMeasures[] = {"ratio", "above the floor", "ours"};
  const char* measure = kMeasures[static_cast<size_t>(r.measure)];
  if (r.limit)
    std::printf("%s: %s %.3f, limit %g", r.ok() ? "ok" : "over", measure, r.value, *r.limit);
  else
    std::printf("%s %.3f", measure, r.value);
  if (r.p99) std::printf(", p99 %.1f", *r.p99);
  if (r.rate) std::printf(", %.0f MB/s", *r.rate);
  if (r.files_rate) std::printf(", %.0f files/s", *r.files_rate);
  std::printf("\n");
  std::fflush(stdout);
}

bool write_rows(const std::string& path, const std::vector<Row>& rows) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Row& r : rows) {
    if (!r.skipped.empty()) continue;
    nlohmann::ordered_json row = {{"workload", r.workload}, {"ours", r.ours},
                                  {"floor", r.floor},       {"ratio", r.ratio},
                                  {"unit", r.unit},         {"threads", r.threads}};
    static constexpr const char* kMeasures[] = {"ratio", "difference", "ours"};
    row["measure"] = kMeasures[static_cast<size_t>(r.measure)];
    row["value"] = r.value;
    row["quartiles"] = {r.lower, r.upper};
    if (r.p99) row["p99"] = *r.p99;
    if (r.rate) row["mb_per_s"] = *r.rate;
    if (r.files_rate) row["files_per_s"] = *r.files_rate;
    if (r.limit) row["limit"] = *r.limit, row["ok"] = r.ok();
    list.push_back(std::move(row));
  }
  const std::string temporary = path + ".tmp";
  {
    std::ofstream file(temporary);
    file << list.dump(2) << '\n';
    if (!file.flush()) return false;
  }
  return std::rename(temporary.c_str(), path.c_str()) == 0;
}

}  // namespace stoq::bench
