// SPDX-License-Identifier: Apache-2.0
//
// One flush to the disk for all threads that wait for one.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <string>

namespace stoq::plugins::files {

// Thread-safe.
class GroupCommit {
 public:
  using Names = std::set<std::string>;

  // `flush` makes sure that what was written under these names is on the disk; errno, or 0. It is
  // called by one of the threads that wait, never by two at once.
  explicit GroupCommit(std::function<int(const Names&)> flush) : flush_(std::move(flush)) {}

  // Returns when a flush of these names that began after this call has ended: what it said.
  int wait(const Names& names);

 private:
  struct Batch {
    Names names;
    bool done = false;
    int error = 0;
  };

  const std::function<int(const Names&)> flush_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<Batch> next_;
  bool busy_ = false;
};

}  // namespace stoq::plugins::files
