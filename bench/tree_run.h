// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/bench.h"
#include "bench/tree.h"

namespace stoq::bench {

// `stoq run` from filedir to filedir over one directory, and its floor: one result for each file.
class TreeRun {
 public:
  // `workers`: plugins that see every file; none: what the shipped configuration dispatches.
  // `options`: more of the command line. Runs once to learn how long results are; throws when files
  // are missing among them or, with `workers`, one of them has errors.
  TreeRun(const Bench& bench, std::filesystem::path source, std::vector<std::string> workers,
          std::vector<std::string> options = {});

  // Seconds.
  double ours(unsigned threads);
  double floor(unsigned threads, const std::string& rules = {});
  // MB.
  double ours_peak(unsigned threads);
  double floor_peak(unsigned threads);
  // Where the responses of the last run lie.
  const std::filesystem::path& results() const { return results_; }

 private:
  Command our_command(unsigned threads) const;
  Command floor_command(unsigned threads, const std::string& rules) const;
  std::vector<uint64_t> result_sizes() const;
  void begin_results();
  void refuse_errors() const;
  void check() const;

  const Bench& bench_;
  std::filesystem::path source_, results_;
  std::vector<std::string> workers_, options_;
  size_t files_ = 0, result_size_ = 0;
  static inline unsigned runs_ = 0;
};

}  // namespace stoq::bench
