// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "core/engine.h"

namespace stoq {

// One run: providers on threads of their own fill a bounded queue, scan threads empty it, every
// item gets its outcome.
class Run {
 public:
  Run(Engine& engine, std::shared_ptr<const Generation> generation, RunOptions options);
  RunSummary go();
  void stop();

 private:
  friend class RunReply;
  struct Item {
    std::shared_ptr<Instance> provider;
    uint64_t token = 0;
    std::optional<Payload> payload;
    int fd = -1;  // a file that is read on the scan thread
    bool task = false;
    PayloadMeta meta;
    RequestMeta request;
    uint64_t bytes = 0;
  };

  bool put(Item item);
  bool take_one();  // for the pool
  void scan(Item item);
  void done(const Item& item, Scan& scan, const std::shared_ptr<const Generation>& generation);
  void outcome(const Item& item, Outcome what, std::string_view reason);
  void ended();

  Engine& engine_;
  std::shared_ptr<const Generation> generation_;
  RunOptions options_;
  std::mutex mutex_;
  std::condition_variable room_, all_done_;
  std::deque<Item> queue_;
  uint64_t queued_bytes_ = 0;
  size_t in_work_ = 0, providers_ = 0;
  std::atomic<bool> stopped_ = false;
  RunSummary summary_;
  std::vector<std::string> provider_failures_;
};

}  // namespace stoq
