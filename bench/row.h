// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace stoq::bench {

using Samples = std::vector<double>;

double quantile(Samples samples, double q);
inline double median(Samples samples) {
  return quantile(std::move(samples), 0.5);
}

// What is held against the limit.
enum class Measure : uint8_t { ratio, difference, ours };

// One line of the table.
struct Row {
  std::string workload;
  std::string unit;
  unsigned threads = 1;
  Measure measure = Measure::ratio;
  std::optional<double> limit;
  double ours = 0, floor = 0, ratio = 0;   // medians; the ratio is that of the pairs
  double value = 0;                        // median of the measure …
  double lower = 0, upper = 0;             // … and its quartiles
  std::optional<double> p99;               // of single calls, of the measure
  std::optional<double> rate, files_rate;  // ours, in MB/s and in files/s
  std::string skipped;                     // why there are no numbers
  bool failed = false;                     // that is so because something went wrong

  bool ok() const { return !limit || value <= *limit; }
};

// Each step once unmeasured, then `rounds` times one after the other, beginning with another one
// each time. Gives what each step returned, round by round.
std::vector<Samples> take_turns(unsigned rounds, const std::vector<std::function<double()>>& steps);

// Fills in the numbers of a row from pairs.
void judge(Row& row, const Samples& ours, const Samples& floor);

void print_row(const Row& row);
void print_heading();
// The list of rows as JSON, those left out left out. False when it cannot be written.
bool write_rows(const std::string& path, const std::vector<Row>& rows);

}  // namespace stoq::bench
