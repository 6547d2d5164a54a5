// SPDX-License-Identifier: Apache-2.0
#include "core/run.h"

#include <unistd.h>

#include <algorithm>
#include <thread>

#include "core/answer.h"
#include "core/collect_reply.h"
#include "core/run_reply.h"
#include "stoq/sdk/json.h"

namespace stoq {

Run::Run(Engine& engine, const Generation& generation, RunOptions options)
    : engine_(engine),
      sources_(generation.providers),
      options_(std::move(options)),
      redelivery_(engine) {}

void Run::stop() {
  redelivery_.stop();
  const std::lock_guard lock(mutex_);
  if (!stopped_)
    cut_at_ = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                 std::chrono::duration<double>(engine_.settings().drain_time));
  stopped_ = true;
  room_.notify_all();
  all_done_.notify_all();  // what waits for another attempt waits no longer
}

void Run::reloaded() {
  redelivery_.reloaded();
}

bool Run::put(Item item) {
  std::unique_lock lock(mutex_);
  const Settings& s = engine_.settings();
  room_.wait(lock, [&] {
    if (stopped_ || blocked_ > 0) return stopped_.load();
    return queue_.empty() ||
           (queue_.size() < s.max_queue && queued_bytes_ + item.bytes <= s.max_queue_bytes);
  });
  if (stopped_) {
    lock.unlock();
    if (item.fd >= 0) close(item.fd);
    return false;  // never taken: the provider knows that it is still its own
  }
  ++taken_;
  queued_bytes_ += item.bytes;
  queue_.push_back(std::move(item));
  lock.unlock();
  engine_.pool().poke();
  return true;
}

bool Run::take_one() {
  std::unique_lock lock(mutex_);
  if (deliver_due(lock)) return true;
  // A request may go on in other threads after this one has left it: take no more than can be in
  // work.
  if (queue_.empty() || in_work_ >= 2 * engine_.settings().threads + 2) return false;
  if (full_ && !queue_.front().payload) {
    if (in_work_ > 0 && Clock::now() < room_at_) return false;
    room_at_ = Clock::time_point::max();
  }
  Item item = std::move(queue_.front());
  queue_.pop_front();
  queued_bytes_ -= item.bytes;
  item.alone = in_work_++ == 0;
  lock.unlock();
  room_.notify_one();
  scan(std::move(item));
  return true;
}

void Run::scan(Item taken) {
  const auto item = std::make_shared<Item>(std::move(taken));
  const ScanOptions options{.request_meta = item->request,
                            .add_start_dispatch = options_.add_start_dispatch,
                            .add_start_deep_dispatch = options_.add_start_deep_dispatch};
  const std::shared_ptr<const Generation> generation = engine_.generation();
  const bool needs_room = !item->payload;
  std::vector<Payload> roots;
  try {
    roots = roots_of(*item, *generation);
  } catch (const std::exception& e) {
    item->end = {Outcome::failed, e.what()};
  }
  if (item->fd >= 0) {
    if (item->end.what == Outcome::retry && put_back(*item)) return;
    close(std::exchange(item->fd, -1));
  }
  if (needs_room) looked_for_room(!roots.empty());
  if (roots.empty()) return item_done(*item);
  item->open = roots.size();
  for (Payload& root : roots) try {
      start(item, engine_.new_scan(generation, std::move(root), options));
    } catch (const std::exception& e) {
      part_done(*item, {Outcome::failed, e.what()});
    }
}

// The scan lives as long as somebody works on it; its end is told by whoever finishes it.
void Run::start(const std::shared_ptr<Item>& item, const std::shared_ptr<Scan>& scan) {
  {
    const std::lock_guard lock(mutex_);
    scans_.insert_or_assign(scan.get(), scan);
    if (cut_) scan->cut();
  }
  scan->when_done([this, item, scan = scan.get()] { done(item, *scan); });
  scan->start();
  if (scan->generation()->serial) scan->finish_here();
}

// What an item brings to be scanned. Where that is nothing, or not all, the item says why.
std::vector<Payload> Run::roots_of(Item& item, const Generation& generation) {
  std::vector<Payload> roots;
  if (item.payload) {
    roots.push_back(std::move(*item.payload));
    item.payload.reset();
  } else if (item.fd >= 0) {
    Engine::FileContent file = engine_.read_file(item.fd, *generation.settings, &cut_);
    if (!file.problem.empty()) {
      const bool again = file.full || file.problem == kCutShort;
      item.end = {again ? Outcome::retry : Outcome::failed, file.problem};
      return roots;
    }
    item.bytes = file.size;
    roots.emplace_back(std::move(file.content), item.meta);
    roots.back().set_sha256(file.sha256);
  } else {
    item.bytes = 0;
    for (const auto& [archiver, results] : sdk::JsonView(item.task).members())
      if (std::optional<Payload> payload = fetch(item, generation, archiver, results.text())) {
        item.bytes += payload->size();
        roots.push_back(std::move(*payload));
      }
  }
  return roots;
}

std::optional<Payload> Run::fetch(Item& item, const Generation& generation,
                                  std::string_view archiver, std::string_view results) {
  const std::shared_ptr<Instance> source = find(generation.source_archivers, archiver);
  const auto failed = [&](std::string_view why, Outcome what = Outcome::failed) {
    if (what > item.end.what)
      item.end = {what, "archiver '" + std::string(archiver) + "' " + std::string(why)};
    return std::nullopt;
  };
  if (!source)
    return failed("is not among the source archivers; name it with source_archivers, or -S");
  CollectReply reply(*generation.settings, engine_.store(), 1);
  reply.until(&cut_);
  Input input;
  input.task = results;
  if (!cut_) source->call(Op::get, input, reply);
  if (cut_) {
    item.end = {Outcome::retry, std::string(kCutShort)};
    return std::nullopt;
  }
  if (const std::string why = reply.first_error(); !why.empty())
    return failed("cannot get it: " + why, reply.full ? Outcome::retry : Outcome::failed);
  if (reply.payloads.empty()) return failed("gave no payload");
  return std::move(reply.payloads.front());
}

void Run::done(const std::shared_ptr<Item>& item, Scan& scan) {
  {
    const std::lock_guard lock(mutex_);
    scans_.erase(&scan);
  }
  if (scan.is_cut()) return part_done(*item, {Outcome::retry, std::string(kCutShort)});
  try {
    const std::shared_ptr<const Generation> generation = scan.generation();
    Delivery delivery{item, scan.take_response(), generation->connectors};
    engine_.decorate(*generation, delivery.response, &cut_);
    if (cut_ && !generation->decorators.empty())
      return part_done(*item, {Outcome::retry, std::string(kCutShort)});
    if (scan.root_withheld()) {
      STOQ_LOG(engine_.log(), LogLevel::warning,
               shown(*item) + " was hashed, not scanned: it is larger than max_payload_size");
      const std::lock_guard lock(mutex_);
      ++summary_.not_scanned;
    }
    deliver(std::move(delivery));
  } catch (const std::exception& e) {
    part_done(*item, {Outcome::failed, e.what()});
  }
}

// Where a part of an item is to be offered again the whole of it is, whatever the others came to.
void Run::part_done(Item& item, End end) {
  {
    const std::lock_guard lock(mutex_);
    if (end.what > item.end.what) item.end = std::move(end);
    if (--item.open > 0) return;
  }
  item_done(item);
}

void Run::item_done(const Item& item) {
  outcome(item, item.end.what, item.end.reason);
  // Told with the lock: go() may end, and this object with it, as soon as the last item has.
  const std::lock_guard lock(mutex_);
  bytes_done_ += item.bytes;
  --in_work_;
  if (queue_.empty() && in_work_ == 0) all_done_.notify_all();
  if (!queue_.empty()) engine_.pool().poke();
}

// As the log calls it.
std::string Run::shown(const Item& item) {
  return (item.task.empty() ? item.meta.extra_data.get("filename").string_or("an item")
                            : "the task " + clipped(item.task, 200)) +
         " from " + item.provider->info().name;
}

void Run::outcome(const Item& item, Outcome what, std::string_view reason) {
  {
    const std::lock_guard lock(mutex_);
    ++(what == Outcome::done     ? summary_.done
       : what == Outcome::failed ? summary_.failed
                                 : summary_.retried);
  }
  if (what != Outcome::done)
    STOQ_LOG(engine_.log(), LogLevel::error,
             shown(item) + (what == Outcome::failed ? " failed: " : " is left for another run: ") +
                 std::string(reason));
  item.provider->outcome(item.token, what, reason);
}

Progress Run::progress() {
  const std::lock_guard lock(mutex_);
  const uint64_t ended = summary_.done + summary_.failed + summary_.retried;
  Progress p{.taken = std::max(taken_, ended),  // what is refused ends without being taken
             .done = summary_.done,
             .failed = summary_.failed,
             .retried = summary_.retried,
             .bytes = bytes_done_,
             .expected = std::nullopt,
             .intake_ended = started_ && providers_ == 0};
  if (p.intake_ended) {
    p.expected = p.taken;
  } else if (expected_.size() == sources_.size()) {
    p.expected = 0;
    for (const auto& [provider, items] : expected_) *p.expected += items;
    p.expected = std::max(*p.expected, p.taken);
  }
  return p;
}

// When a delivery, or another look for room, is due.
Run::Clock::time_point Run::next_due() const {
  Clock::time_point due = Clock::time_point::max();
  if (!waiting_.empty()) due = stopped_ ? Clock::time_point::min() : waiting_.begin()->first;
  if (full_ && !queue_.empty() && !queue_.front().payload)
    due = std::min(due, in_work_ == 0 ? Clock::time_point::min() : room_at_);
  return due;
}

// Until all is done; wakes the scan threads when something is due.
void Run::wait_for_end() {
  std::unique_lock lock(mutex_);
  while (providers_ > 0 || !queue_.empty() || in_work_ > 0) {
    const Clock::time_point now = Clock::now();
    if (now >= cut_at_) {
      cut(lock);
      continue;
    }
    const Clock::time_point next = std::min(cut_at_, next_due());
    if (next > now) {
      if (next == Clock::time_point::max())
        all_done_.wait(lock);
      else
        all_done_.wait_until(lock, next);
      continue;
    }
    engine_.pool().poke();
    all_done_.wait_for(lock, std::chrono::milliseconds(100));  // until somebody has taken it
  }
}

// The time to drain is over: what has not been begun is put back, what is in work is cut short, and
// put back when it has come to its end; responses that wait for a connector go into the spool. With
// the lock, which it gives up meanwhile.
void Run::cut(std::unique_lock<std::mutex>& lock) {
  cut_at_ = Clock::time_point::max();
  cut_ = true;
  std::deque<Item> left = std::exchange(queue_, {});
  queued_bytes_ = 0;
  std::vector<std::shared_ptr<Scan>> alive;  // let go of without the lock
  for (const auto& [raw, scan] : scans_)
    if (std::shared_ptr<Scan> at_work = scan.lock()) {
      at_work->cut();
      alive.push_back(std::move(at_work));
    }
  lock.unlock();
  alive.clear();
  for (Item& item : left) {
    if (item.fd >= 0) close(std::exchange(item.fd, -1));
    outcome(item, Outcome::retry, kCutShort);
  }
  lock.lock();
  while (deliver_due(lock)) lock.lock();
}

void Run::tell_what_is_left() {
  const std::lock_guard lock(mutex_);
  if (!stopped_) return;
  const RunSummary& s = summary_;
  STOQ_LOG(engine_.log(), s.failed + s.retried > 0 ? LogLevel::warning : LogLevel::info,
           "The run was stopped: " + std::to_string(s.done) +
               (s.done == 1 ? " item is done, " : " items are done, ") + std::to_string(s.failed) +
               " failed, " + std::to_string(s.retried) + " were put back");
}

RunSummary Run::go() {
  if (sources_.empty())
    throw StoqException(
        "No activated provider plugins; name one with providers, or -P on the command line");
  std::vector<std::jthread> threads;
  {
    const std::lock_guard lock(mutex_);
    providers_ = sources_.size();
    started_ = true;
  }
  redelivery_.start();
  engine_.pool().set_source([this] { return take_one(); });
  for (const std::shared_ptr<Instance>& provider : sources_) {
    threads.emplace_back([this, provider] {
      RunReply reply(*this, provider);
      Input input;
      provider->call(Op::ingest, input, reply);
      const std::lock_guard lock(mutex_);
      if (cut_ && !reply.problem.empty())
        reply.problem = "it did not end within drain_time after the stop and was killed";
      if (reply.problem.empty()) {
        STOQ_LOG(engine_.log(), LogLevel::info,
                 "Provider plugin " + provider->info().name + " successfully completed");
      } else {
        provider_failures_.push_back("provider:" + provider->info().name +
                                     " failed: " + reply.problem);
        STOQ_LOG(engine_.log(), LogLevel::error, provider_failures_.back());
      }
      --providers_;
      all_done_.notify_all();
    });
  }
  wait_for_end();
  engine_.pool().clear_source();
  threads.clear();
  redelivery_.finish();
  const std::shared_ptr<const Generation> newest = engine_.generation();
  std::string problem;
  for (const std::string& name : engine_.spool().names({}, &problem))
    summary_.spooled += find(newest->connectors, connector_in(name)) != nullptr;
  if (!problem.empty() && !newest->connectors.empty()) {
    STOQ_LOG(engine_.log(), LogLevel::error, "What lies in the spool is not known: " + problem);
    summary_.spooled = std::max<uint64_t>(summary_.spooled, 1);  // something may
  }
  tell_what_is_left();
  if (!provider_failures_.empty()) {
    std::string all;
    for (const std::string& failure : provider_failures_)
      all += (all.empty() ? "" : "\n") + failure;
    throw StoqException(all);
  }
  return summary_;
}

}  // namespace stoq
