// SPDX-License-Identifier: Apache-2.0
//
// The provider's side: hands the files of source_dir to the engine.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "files/open_items.h"
#include "journal.h"
#include "stoq/sdk/views.h"
#include "walk.h"

namespace stoq::plugins::filedir {

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
  Source(const sdk::Host& host, std::string source_dir, bool recursive, bool durable);
  ~Source();  // logs how many files were done
  void ingest(sdk::Call& call);
  void outcome(uint64_t token, int what, std::string_view reason);

 private:
  class Feed;
  void end_journal();

  const sdk::Host host_;
  const std::string source_dir_;  // empty: not set
  const bool recursive_;
  Journal journal_;
  files::OpenItems<Taken> open_;
  std::atomic<bool> walked_ = false;      // all files were put
  std::atomic<uint64_t> given_back_ = 0;  // when ingest began
};

}  // namespace stoq::plugins::filedir
