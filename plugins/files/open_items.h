// SPDX-License-Identifier: Apache-2.0
//
// The items that the engine has, by token, and what became of them.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "files/names.h"
#include "stoq/sdk/views.h"

namespace stoq::plugins::files {

// How many files the engine may have: half of the descriptors, for it needs some itself.
inline size_t most_open() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? std::max<size_t>(8, limit.rlim_cur / 2) : 512;
}

// Thread-safe as a provider is: add on one thread, outcomes on any.
template <class Item>
class OpenItems {
 public:
  struct Counts {
    uint64_t done = 0, failed = 0, retried = 0;
  };

  // Waits for room, or with `alone` until the engine has no other item; the token of this one.
  // Nothing: the call was cancelled.
  std::optional<uint64_t> add(sdk::Call& call, Item item, bool alone) {
    std::unique_lock lock(mutex_);
    if (!wait_for(lock, call, alone ? 0 : most_open() - 1)) return std::nullopt;
    open_.emplace(++last_token_, std::move(item));
    return last_token_;
  }

  // Waits until each item has had its outcome. False: the call was cancelled.
  bool drain(sdk::Call& call) {
    std::unique_lock lock(mutex_);
    return wait_for(lock, call, 0);
  }

  // The engine would not have it. False: it has had its outcome all the same.
  bool refused(uint64_t token) {
    const std::lock_guard lock(mutex_);
    return open_.erase(token) > 0;
  }

  // What had this token until now.
  std::optional<Item> outcome(uint64_t token, int what) {
    std::optional<Item> item;
    const std::lock_guard lock(mutex_);
    auto known = open_.extract(token);
    if (known.empty()) return item;
    item = std::move(known.mapped());
    count(what);
    told_.notify_one();
    return item;
  }
  // That of a file that was not put.
  void fail() {
    const std::lock_guard lock(mutex_);
    count(STOQ_OUTCOME_FAILED);
  }

  bool empty() const {
    const std::lock_guard lock(mutex_);
    return open_.empty();
  }
  Counts counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
  }

 private:
  bool wait_for(std::unique_lock<std::mutex>& lock, sdk::Call& call, size_t most) {
    while (open_.size() > most && !call.cancelled())
      told_.wait_for(lock, std::chrono::milliseconds(100));
    return !call.cancelled();
  }
  void count(int what) {
    ++(what == STOQ_OUTCOME_DONE     ? counts_.done
       : what == STOQ_OUTCOME_FAILED ? counts_.failed
                                     : counts_.retried);
  }

  mutable std::mutex mutex_;
  std::condition_variable told_;  // an outcome
  uint64_t last_token_ = 0;
  std::unordered_map<uint64_t, Item> open_;
  Counts counts_;
};

// Logs an outcome that is not done.
inline void tell(const sdk::Host& host, std::string_view path, int what, std::string_view reason) {
  host.warning(shown(path) +
               (what == STOQ_OUTCOME_FAILED ? " failed: " : " is to be tried again: ") +
               std::string(reason));
}

}  // namespace stoq::plugins::files
