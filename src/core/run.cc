// SPDX-License-Identifier: Apache-2.0
#include "core/run.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "core/answer.h"
#include "core/collect_reply.h"
#include "core/deliver_reply.h"
#include "json/canonical.h"
#include "stoq/sdk/json.h"

namespace stoq {
namespace {

template <class Meta>
bool read_meta(std::string_view text, Meta& meta) {
  if (text.empty()) return true;
  std::string canonical;
  return json::canonicalise(text, canonical) && meta.update(canonical);
}

}  // namespace

// What a provider says while it ingests.
class RunReply final : public DeliverReply {
 public:
  RunReply(Run& run, std::shared_ptr<Instance> provider)
      : run_(run), provider_(std::move(provider)) {}
  bool cancelled() override { return run_.stopped_; }

  bool put_payload(Bytes content, std::string_view meta, std::string_view request,
                   uint64_t token) override {
    Run::Item item = begin(token, request);
    if (!read_meta(meta, item.meta))
      return refuse(item, "its payload_meta is not an object of the right shape");
    Store::Writer writer(run_.engine_.store(), content.size());
    Sha256 digest;
    if (!writer.append(content)) return refuse(item, writer.problem());
    item.payload.emplace(writer.finish(digest), item.meta);
    item.payload->set_sha256(digest);
    item.bytes = content.size();
    return run_.put(std::move(item));
  }
  bool put_file(int fd, std::string_view meta, std::string_view request, uint64_t token) override {
    Run::Item item = begin(token, request);
    item.fd = fd;
    struct stat st {};
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
      return refuse(item, "it is no regular file");  // reading it might never end
    if (!read_meta(meta, item.meta))
      return refuse(item, "its payload_meta is not an object of the right shape");
    return run_.put(std::move(item));
  }
  bool put_task(std::string_view task, std::string_view request, uint64_t token) override {
    Run::Item item = begin(token, request);
    const json::Limits limits{.max_size = run_.engine_.settings().max_result_size};
    const json::Outcome outcome = json::canonicalise(task, item.task, limits);
    if (!outcome) return refuse(item, "the task is not taken: " + outcome.message);
    if (sdk::JsonView(item.task).kind() != sdk::JsonKind::object || item.task == "{}")
      return refuse(item, "the task is no object of the form {archiver: results of its archive}");
    item.bytes = item.task.size();
    return run_.put(std::move(item));
  }
  void expect(uint64_t items) override {
    const std::lock_guard lock(run_.mutex_);
    run_.expected_[provider_.get()] = items;
  }

 private:
  Run::Item begin(uint64_t token, std::string_view request) {
    Run::Item item;
    item.provider = provider_;
    item.token = token;
    item.request = run_.options_.request_meta ? *run_.options_.request_meta : RequestMeta{};
    read_meta(request, item.request);
    return item;
  }
  bool refuse(Run::Item& item, std::string_view why) {
    if (item.fd >= 0) close(item.fd);
    run_.outcome(item, Outcome::failed, why);
    return !run_.stopped_;
  }

  Run& run_;
  std::shared_ptr<Instance> provider_;
};

Run::Run(Engine& engine, std::shared_ptr<const Generation> generation, RunOptions options)
    : engine_(engine),
      generation_(std::move(generation)),
      options_(std::move(options)),
      redelivery_(engine) {}

void Run::stop() {
  stopped_ = true;
  redelivery_.stop();
  const std::lock_guard lock(mutex_);
  room_.notify_all();
  all_done_.notify_all();  // what waits for another attempt waits no longer
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
  Item item = std::move(queue_.front());
  queue_.pop_front();
  queued_bytes_ -= item.bytes;
  ++in_work_;
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
  std::vector<Payload> roots;
  try {
    roots = roots_of(*item);
  } catch (const std::exception& e) {
    item->end = {Outcome::failed, e.what()};
  }
  if (roots.empty()) return item_done(*item);
  item->open = roots.size();
  for (Payload& root : roots) try {
      const std::shared_ptr<Scan> scan = engine_.new_scan(generation_, std::move(root), options);
      // The scan lives as long as somebody works on it; its end is told by whoever finishes it.
      scan->when_done([this, item, scan = scan.get()] { done(item, *scan); });
      scan->start();
      if (generation_->serial) scan->finish_here();
    } catch (const std::exception& e) {
      part_done(*item, {Outcome::failed, e.what()});
    }
}

// What an item brings to be scanned. Where that is nothing, or not all, the item says why.
std::vector<Payload> Run::roots_of(Item& item) {
  std::vector<Payload> roots;
  if (item.payload) {
    roots.push_back(std::move(*item.payload));
    item.payload.reset();
  } else if (item.fd >= 0) {
    Engine::FileContent file = engine_.read_file(item.fd);
    close(std::exchange(item.fd, -1));
    if (!file.problem.empty()) {
      item.end = {Outcome::failed, file.problem};
      return roots;
    }
    item.bytes = file.size;
    roots.emplace_back(std::move(file.content), item.meta);
    roots.back().set_sha256(file.sha256);
  } else {
    item.bytes = 0;
    for (const auto& [archiver, results] : sdk::JsonView(item.task).members())
      if (std::optional<Payload> payload = fetch(item, archiver, results.text())) {
        item.bytes += payload->size();
        roots.push_back(std::move(*payload));
      }
  }
  return roots;
}

std::optional<Payload> Run::fetch(Item& item, std::string_view archiver, std::string_view results) {
  const Instances& archivers = generation_->source_archivers;
  const auto at = std::find_if(archivers.begin(), archivers.end(),
                               [&](const auto& a) { return a->info().name == archiver; });
  const auto failed = [&](std::string_view why) {
    if (item.end.what == Outcome::done)
      item.end = {Outcome::failed, "archiver '" + std::string(archiver) + "' " + std::string(why)};
    return std::nullopt;
  };
  if (at == archivers.end())
    return failed("is not among the source archivers; name it with source_archivers, or -S");
  CollectReply reply(engine_.settings(), engine_.store(), 1);
  Input input;
  input.task = results;
  (*at)->call(Op::get, input, reply);
  if (const std::string why = reply.first_error(); !why.empty())
    return failed("cannot get it: " + why);
  if (reply.payloads.empty()) return failed("gave no payload");
  return std::move(reply.payloads.front());
}

void Run::done(const std::shared_ptr<Item>& item, Scan& scan) {
  try {
    Delivery delivery{item, scan.take_response(), generation_->connectors};
    engine_.decorate(*generation_, delivery.response);
    if (scan.root_withheld()) {
      const std::lock_guard lock(mutex_);
      ++summary_.not_scanned;
    }
    deliver(std::move(delivery));
  } catch (const std::exception& e) {
    part_done(*item, {Outcome::failed, e.what()});
  }
}

void Run::part_done(Item& item, End end) {
  {
    const std::lock_guard lock(mutex_);
    if (item.end.what == Outcome::done) item.end = std::move(end);
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

void Run::outcome(const Item& item, Outcome what, std::string_view reason) {
  {
    const std::lock_guard lock(mutex_);
    ++(what == Outcome::done     ? summary_.done
       : what == Outcome::failed ? summary_.failed
                                 : summary_.retried);
  }
  if (what != Outcome::done) {
    const std::string name = item.task.empty()
                                 ? item.meta.extra_data.get("filename").string_or("an item")
                                 : "the task " + clipped(item.task, 200);
    STOQ_LOG(engine_.log(), LogLevel::error,
             name + " from " + item.provider->info().name +
                 (what == Outcome::failed ? " failed: " : " is left for another run: ") +
                 std::string(reason));
  }
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
  } else if (expected_.size() == generation_->providers.size()) {
    p.expected = 0;
    for (const auto& [provider, items] : expected_) *p.expected += items;
    p.expected = std::max(*p.expected, p.taken);
  }
  return p;
}

// Until all is done; wakes the scan threads when a delivery is due.
void Run::wait_for_end() {
  std::unique_lock lock(mutex_);
  while (providers_ > 0 || !queue_.empty() || in_work_ > 0) {
    if (waiting_.empty()) {
      all_done_.wait(lock);
      continue;
    }
    if (!stopped_ && waiting_.begin()->first > Clock::now()) {
      all_done_.wait_until(lock, waiting_.begin()->first);
      continue;
    }
    engine_.pool().poke();
    all_done_.wait_for(lock, std::chrono::milliseconds(100));  // until somebody has taken it
  }
}

RunSummary Run::go() {
  if (generation_->providers.empty())
    throw StoqException(
        "No activated provider plugins; name one with providers, or -P on the command line");
  std::vector<std::jthread> threads;
  {
    const std::lock_guard lock(mutex_);
    providers_ = generation_->providers.size();
    started_ = true;
  }
  redelivery_.start();
  engine_.pool().set_source([this] { return take_one(); });
  for (const std::shared_ptr<Instance>& provider : generation_->providers) {
    threads.emplace_back([this, provider] {
      RunReply reply(*this, provider);
      Input input;
      provider->call(Op::ingest, input, reply);
      const std::lock_guard lock(mutex_);
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
  for (const std::shared_ptr<Instance>& connector : generation_->connectors)
    summary_.spooled += engine_.spool().names(connector->info().name).size();
  if (!provider_failures_.empty()) {
    std::string all;
    for (const std::string& failure : provider_failures_)
      all += (all.empty() ? "" : "\n") + failure;
    throw StoqException(all);
  }
  return summary_;
}

}  // namespace stoq
