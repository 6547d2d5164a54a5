// SPDX-License-Identifier: Apache-2.0
#include "files/group_commit.h"

#include <utility>

namespace stoq::plugins::files {

int GroupCommit::wait(const Names& names) {
  std::unique_lock lock(mutex_);
  if (!next_) next_ = std::make_shared<Batch>();
  const std::shared_ptr<Batch> batch = next_;
  batch->names.insert(names.begin(), names.end());
  changed_.wait(lock, [&] { return batch->done || !busy_; });
  if (batch->done) return batch->error;
  // Nobody flushes, and this batch was not flushed: it is the next.
  next_.reset();
  busy_ = true;
  lock.unlock();
  const int error = flush_(batch->names);
  lock.lock();
  batch->error = error;
  batch->done = true;
  busy_ = false;
  changed_.notify_all();
  return error;
}

}  // namespace stoq::plugins::files
