// SPDX-License-Identifier: Apache-2.0
//
// The provider's side: hands the files of source_dir to the engine.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "stoq/sdk/views.h"
#include "walk.h"

namespace stoq::plugins::filedir {

// {"extra_data": {"filename", "source_dir"}}, with filename_hex and source_dir_hex beside a name
// that is not UTF-8.
std::string payload_meta(std::string_view directory, std::string_view name);

// The paths that could not be read: how many, and the first few with the reason.
class Unreadable {
 public:
  void add(const std::string& path, std::string_view why);
  std::string summary() const;  // empty when there is none

 private:
  static constexpr size_t kNamed = 3;
  uint64_t count_ = 0;
  std::vector<std::string> first_;
};

// Thread-safe as a provider is: ingest on one thread, outcome on any.
class Source {
 public:
  Source(const sdk::Host& host, std::string source_dir, bool recursive);
  ~Source();  // logs how many files were done
  void ingest(sdk::Call& call);
  void outcome(uint64_t token, int what, std::string_view reason);

 private:
  class Feed;

  const sdk::Host host_;
  const std::string source_dir_;  // empty: not set
  const bool recursive_;
  std::mutex mutex_;
  std::condition_variable told_;  // an outcome
  uint64_t last_token_ = 0;
  std::unordered_map<uint64_t, std::string> open_;  // paths whose outcome is not known yet
  uint64_t done_ = 0, failed_ = 0, retried_ = 0;
};

}  // namespace stoq::plugins::filedir
