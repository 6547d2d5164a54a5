// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

namespace stoq {

// Brings to the disk what many threads wrote, with few calls: whoever comes while a commit is under
// way waits for the next one, which is for all who came meanwhile. [thread-safe]
class GroupCommit {
 public:
  // Makes what was written through these descriptors safe; 0, or the errno of why not.
  using Sync = std::function<int(std::span<const int>)>;
  explicit GroupCommit(Sync sync) : sync_(std::move(sync)) {}

  // Returns when what was written through `fd` is safe; 0, or the errno of why not.
  int commit(int fd);

  // Of files of one file system: one call, however many they are.
  static int sync_files(std::span<const int> fds);
  // Of one directory under several descriptors.
  static int sync_directory(std::span<const int> fds);

 private:
  struct Batch {
    std::vector<int> fds;
    bool done = false;
    int error = 0;
  };

  const Sync sync_;
  std::mutex mutex_;
  std::condition_variable done_;
  std::shared_ptr<Batch> next_ = std::make_shared<Batch>();
  bool busy_ = false;
};

}  // namespace stoq
