// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "core/engine.h"
#include "core/redelivery.h"

namespace stoq {

// One run: providers on threads of their own fill a bounded queue, scan threads empty it, every
// item gets its outcome.
class Run {
 public:
  // The providers of that generation; each item goes by the one that is in force when it is scanned.
  Run(Engine& engine, const Generation& generation, RunOptions options);
  RunSummary go();
  void stop();
  void reloaded();  // there is a new generation
  Progress progress();

 private:
  friend class RunReply;
  struct End {
    Outcome what = Outcome::done;
    std::string reason;
  };
  struct Item {
    std::shared_ptr<Instance> provider;
    uint64_t token = 0;
    std::optional<Payload> payload;
    int fd = -1;       // a file that is read on the scan thread
    std::string task;  // for the source archivers, JSON
    PayloadMeta meta;
    RequestMeta request;
    uint64_t bytes = 0;
    // With the lock: requests of it that are not delivered, and the worst that one of them came to.
    size_t open = 0;
    End end;
    bool alone = false;  // in work, when it was taken
  };
  // A response on its way to those connectors that have not saved it yet.
  struct Delivery {
    std::shared_ptr<Item> item;
    StoqResponse response;
    Instances connectors;
    unsigned attempts = 0;
    Engine::Failures failures;  // of the last one
    bool blocked = false;  // saved nowhere, and the spool does not take it: intake waits for it
    double wait = 0;       // seconds until it is tried again
  };
  using Clock = std::chrono::steady_clock;

  bool put(Item item);
  // The store has no room for what a provider brings. Waits until there may be some; false: the run
  // is stopped. `idle`: nothing is left that would make any.
  bool wait_for_room(bool& idle);
  bool put_back(Item& item);  // … nor for one that was taken; false: it would wait in vain
  void looked_for_room(bool found);
  static std::string waits(const Item& item, std::string_view why);
  static constexpr std::string_view kGoesOn = "Intake goes on: there is room for payloads again";
  bool take_one();  // for the pool
  void scan(Item item);
  std::vector<Payload> roots_of(Item& item, const Generation& generation);
  std::optional<Payload> fetch(Item& item, const Generation& generation, std::string_view archiver,
                               std::string_view results);
  void start(const std::shared_ptr<Item>& item, const std::shared_ptr<Scan>& scan);
  void done(const std::shared_ptr<Item>& item, Scan& scan);
  void deliver(Delivery delivery);
  std::optional<End> attempt(Delivery& delivery);  // nothing: to be tried again
  void ask(Delivery& delivery, std::string_view text);
  void wait_for_next(Delivery& delivery);
  std::optional<End> not_kept(Delivery& delivery, const Engine::SaveFailure& failure);
  bool deliver_due(std::unique_lock<std::mutex>& lock);
  void part_done(Item& item, End end);
  void item_done(const Item& item);
  static std::string shown(const Item& item);
  void outcome(const Item& item, Outcome what, std::string_view reason);
  Clock::time_point next_due() const;  // with the lock
  void wait_for_end();
  void cut(std::unique_lock<std::mutex>& lock);
  void tell_what_is_left();

  Engine& engine_;
  const Instances sources_;
  RunOptions options_;
  std::mutex mutex_;
  std::condition_variable room_, all_done_;
  std::deque<Item> queue_;
  uint64_t queued_bytes_ = 0;
  size_t in_work_ = 0, providers_ = 0;
  // The store had no room for an item, and no other has found any since: those that need it are
  // taken one at a time, and while something is in work not before that.
  bool full_ = false;
  Clock::time_point room_at_;
  size_t blocked_ = 0;                                  // of those that wait
  std::multimap<Clock::time_point, Delivery> waiting_;  // for their next attempt; in work
  uint64_t taken_ = 0, bytes_done_ = 0;
  std::map<const Instance*, uint64_t> expected_;
  std::map<const Scan*, std::weak_ptr<Scan>> scans_;  // in work
  bool started_ = false;
  std::atomic<bool> stopped_ = false, cut_ = false;
  Clock::time_point cut_at_ = Clock::time_point::max();  // once it is stopped
  RunSummary summary_;
  Redelivery redelivery_;
  std::vector<std::string> provider_failures_;
};

}  // namespace stoq
