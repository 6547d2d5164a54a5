// SPDX-License-Identifier: Apache-2.0
//
// Items that the store has no room for wait until others have given some up.
#include <unistd.h>

#include <utility>

#include "core/run.h"

namespace stoq {
namespace {

constexpr std::chrono::seconds kStoreWait(1);  // until a full store is looked at again

}  // namespace

bool Run::wait_for_room(bool& idle) {
  std::unique_lock lock(mutex_);
  const auto is_idle = [this] { return queue_.empty() && in_work_ == 0; };
  all_done_.wait_for(lock, kStoreWait, [&] { return stopped_ || is_idle(); });
  idle = is_idle();
  return !stopped_;
}

bool Run::put_back(Item& item) {
  std::unique_lock lock(mutex_);
  if (cut_ || (item.alone && in_work_ == 1) || lseek(item.fd, 0, SEEK_SET) != 0) return false;
  const std::string line = waits(item, std::exchange(item.end, {}).reason);
  room_at_ = Clock::now() + kStoreWait;
  --in_work_;
  queue_.push_front(std::move(item));
  all_done_.notify_all();
  const bool first = !std::exchange(full_, true);
  lock.unlock();
  if (first) STOQ_LOG(engine_.log(), LogLevel::warning, line);
  return true;
}

// By an item that needed some, and is through with that.
void Run::looked_for_room(bool found) {
  {
    const std::lock_guard lock(mutex_);
    if (!full_) return;
    room_at_ = Clock::now();
    full_ = !found;
  }
  if (found) STOQ_LOG(engine_.log(), LogLevel::warning, kGoesOn);
  engine_.pool().poke();
}

std::string Run::waits(const Item& item, std::string_view why) {
  return "Intake waits until there is room for " + shown(item) + ": " + std::string(why);
}

}  // namespace stoq
