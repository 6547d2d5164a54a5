// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace stoq {

// The scan threads of one Stoq: they run ready payloads of any request first, then take new items.
// Started when there is something to do. A thread that only waits for a host process gives its
// place to another one. While items come from a source, and there are as many threads as cores, each
// works on a core of its own, and the host that it calls with it.
class Pool {
 public:
  class Work {
   public:
    virtual ~Work() = default;
    virtual void run_one() = 0;  // one ready payload, or nothing when another thread was faster
  };
  using TakeItem = std::function<bool()>;  // takes one item and works on it; false: none there

  explicit Pool(unsigned threads);
  ~Pool();

  // One call of work->run_one, by some thread, soon.
  void post(std::shared_ptr<Work> work);
  // Drops calls of it that no thread has begun: all is done.
  void forget(const Work& work);
  // Counts one more thread as free to run while the caller waits elsewhere.
  void lend();
  void take_back();
  // While a source is set, idle threads ask it for items; poke tells that there may be one.
  void set_source(TakeItem source);
  void clear_source();  // returns once no thread is inside it
  void poke();

 private:
  void run();
  unsigned allowed() const;                                         // at work at once
  std::optional<unsigned> take_core(std::optional<unsigned> last);  // with the lock
  void start_threads();                                             // with the lock

  std::mutex mutex_;
  std::condition_variable wake_, idle_;
  std::deque<std::shared_ptr<Work>> work_;
  TakeItem source_;
  bool poked_ = false, ending_ = false;
  unsigned width_, lent_ = 0, active_ = 0, in_source_ = 0;
  uint64_t pokes_ = 0;
  std::vector<unsigned> at_work_;  // threads, by core; empty: they are bound to none
  std::vector<std::jthread> threads_;
};

}  // namespace stoq
