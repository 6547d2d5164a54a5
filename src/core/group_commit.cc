// SPDX-License-Identifier: Apache-2.0
#include "core/group_commit.h"

#include <unistd.h>

#include <cerrno>

namespace stoq {

int GroupCommit::commit(int fd) {
  std::unique_lock lock(mutex_);
  const std::shared_ptr<Batch> batch = next_;
  batch->fds.push_back(fd);
  done_.wait(lock, [&] { return batch->done || !busy_; });
  if (batch->done) return batch->error;
  // The first of its batch that finds nobody at work does it for all of them.
  busy_ = true;
  next_ = std::make_shared<Batch>();
  lock.unlock();
  const int error = sync_(batch->fds);
  lock.lock();
  busy_ = false;
  batch->done = true;
  batch->error = error;
  done_.notify_all();
  return error;
}

int GroupCommit::sync_files(std::span<const int> fds) {
  // syncfs tells of errors since the descriptor was opened, as fsync does.
  return (fds.size() == 1 ? fsync(fds[0]) : syncfs(fds[0])) == 0 ? 0 : errno;
}

int GroupCommit::sync_directory(std::span<const int> fds) {
  return fsync(fds[0]) == 0 ? 0 : errno;
}

}  // namespace stoq
