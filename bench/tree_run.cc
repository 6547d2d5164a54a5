// SPDX-License-Identifier: Apache-2.0
#include "bench/tree_run.h"

#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <stdexcept>

namespace stoq::bench {

namespace fs = std::filesystem;

TreeRun::TreeRun(const Bench& bench, fs::path source, std::vector<std::string> workers,
                 std::vector<std::string> options)
    : bench_(bench),
      source_(std::move(source)),
      workers_(std::move(workers)),
      options_(std::move(options)),
      files_(static_cast<size_t>(std::distance(fs::directory_iterator(source_), {}))) {
  ours(static_cast<unsigned>(cores().size()));
  if (!workers_.empty()) refuse_errors();
  const std::vector<uint64_t> sizes = result_sizes();
  result_size_ = std::accumulate(sizes.begin(), sizes.end(), uint64_t{0}) / sizes.size();
}

std::vector<uint64_t> TreeRun::result_sizes() const {
  std::vector<uint64_t> sizes;
  for (const fs::directory_entry& entry : fs::directory_iterator(results_))
    if (entry.path().filename().string().front() != '.') sizes.push_back(entry.file_size());
  return sizes;
}

void TreeRun::refuse_errors() const {
  for (const fs::directory_entry& entry : fs::directory_iterator(results_)) {
    std::ifstream file(entry.path());
    const auto errors = nlohmann::json::parse(file).at("errors");
    if (!errors.empty())
      throw std::runtime_error("a result has errors: " + errors.dump().substr(0, 300));
  }
}

// In a folder of their own. Those of the last run are emptied, and left for the end: for minutes a
// file system may look at every file that was removed before it makes a new one, and whoever runs
// next would pay.
void TreeRun::begin_results() {
  if (!results_.empty())
    for (const fs::directory_entry& entry : fs::directory_iterator(results_))
      fs::resize_file(entry.path(), 0);
  results_ = bench_.work / ("results" + std::to_string(++runs_));
  fs::create_directories(results_);
}

void TreeRun::check() const {
  if (const size_t got = result_sizes().size(); got != files_)
    throw std::runtime_error("a run gave " + std::to_string(got) + " results for " +
                             std::to_string(files_) + " files");
}

Command TreeRun::our_command(unsigned threads) const {
  Command command{
      {bench_.stoq(), "run", "-P", "filedir", "-C", "filedir", "--threads", std::to_string(threads),
       "--plugin-opts", "filedir:source_dir=" + source_.string(),
       "filedir:results_dir=" + results_.string()},
      "/dev/null",
      threads == 1};
  auto& arguments = command.arguments;
  arguments.insert(arguments.end(), options_.begin(), options_.end());
  if (workers_.empty()) return command;
  arguments.insert(arguments.end(), {"--set", "dispatchers="});
  arguments.push_back("-a");
  arguments.insert(arguments.end(), workers_.begin(), workers_.end());
  return command;
}

Command TreeRun::floor_command(unsigned threads, const std::string& rules) const {
  std::vector<std::string> arguments = {rules.empty() ? "hash" : "yara", source_, results_,
                                        std::to_string(result_size_), std::to_string(threads)};
  if (!rules.empty()) arguments.push_back(rules);
  return bench_.floor(std::move(arguments), threads == 1);
}

double TreeRun::ours(unsigned threads) {
  begin_results();
  const double seconds = run(our_command(threads), bench_.work);
  check();
  return seconds;
}

double TreeRun::floor(unsigned threads, const std::string& rules) {
  begin_results();
  const double seconds = run(floor_command(threads, rules), bench_.work);
  check();
  return seconds;
}

double TreeRun::ours_peak(unsigned threads) {
  begin_results();
  const double mb = peak_memory(our_command(threads), bench_.work);
  check();
  return mb;
}

double TreeRun::floor_peak(unsigned threads) {
  begin_results();
  return peak_memory(floor_command(threads, {}), bench_.work);
}

}  // namespace stoq::bench
