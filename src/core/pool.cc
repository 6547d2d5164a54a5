// SPDX-License-Identifier: Apache-2.0
#include "core/pool.h"

#include "core/cores.h"

namespace stoq {

Pool::Pool(unsigned threads) : width_(threads) {
  // A program that leaves cores to others leaves it to the system which.
  if (threads >= cores_allowed() && cores_allowed() > 1) at_work_.resize(cores_allowed());
}

Pool::~Pool() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  threads_.clear();
}

// Without a source the callers of scan work themselves; the pool helps with one thread less.
unsigned Pool::allowed() const {
  return (source_ ? width_ : width_ - 1) + lent_;
}

void Pool::start_threads() {
  while (threads_.size() < allowed() && threads_.size() < 4 * width_ + 4)
    threads_.emplace_back([this] { run(); });
}

void Pool::post(std::shared_ptr<Work> work) {
  {
    const std::lock_guard lock(mutex_);
    work_.push_back(std::move(work));
    start_threads();
    // Who works looks for more when it is through.
    if (active_ >= allowed()) return;
  }
  wake_.notify_one();
}

void Pool::forget(const Work& work) {
  const std::lock_guard lock(mutex_);
  std::erase_if(work_, [&](const auto& waiting) { return waiting.get() == &work; });
}

void Pool::lend() {
  {
    const std::lock_guard lock(mutex_);
    ++lent_;
    start_threads();
  }
  wake_.notify_one();
}

void Pool::take_back() {
  const std::lock_guard lock(mutex_);
  --lent_;
}

void Pool::set_source(TakeItem source) {
  {
    const std::lock_guard lock(mutex_);
    source_ = std::move(source);
    poked_ = true;
    start_threads();
  }
  wake_.notify_all();
}

void Pool::clear_source() {
  std::unique_lock lock(mutex_);
  source_ = nullptr;
  idle_.wait(lock, [this] { return in_source_ == 0; });
}

void Pool::poke() {
  {
    const std::lock_guard lock(mutex_);
    poked_ = true;
    ++pokes_;
  }
  wake_.notify_one();
}

// The core with the fewest threads at work, this thread's last one if it is one of them. None while
// single scans are helped: their callers' threads lie where the system puts them.
std::optional<unsigned> Pool::take_core(std::optional<unsigned> last) {
  if (at_work_.empty() || !source_) return std::nullopt;
  unsigned best = last.value_or(0);
  for (unsigned core = 0; core < at_work_.size(); ++core)
    if (at_work_[core] < at_work_[best]) best = core;
  ++at_work_[best];
  return best;
}

void Pool::run() {
  std::unique_lock lock(mutex_);
  std::optional<unsigned> core, bound;
  while (true) {
    wake_.wait(lock, [this] {
      if (ending_) return true;
      return active_ < allowed() && (!work_.empty() || (source_ && poked_));
    });
    if (ending_) return;
    ++active_;
    core = take_core(bound);
    if (core != bound) bind_this_thread(bound = core);
    if (!work_.empty()) {
      const std::shared_ptr<Work> work = std::move(work_.front());
      work_.pop_front();
      lock.unlock();
      work->run_one();
      lock.lock();
    } else {
      ++in_source_;
      const TakeItem source = source_;
      const uint64_t pokes = pokes_;
      lock.unlock();
      const bool took = source();
      lock.lock();
      --in_source_;
      if (!took && pokes == pokes_)
        poked_ = false;  // an item that came after the look must not be forgotten
      idle_.notify_all();
    }
    --active_;
    if (core) --at_work_[*core];
  }
}

}  // namespace stoq
