// SPDX-License-Identifier: Apache-2.0
#include "core/run.h"

#include <sys/stat.h>
#include <unistd.h>

#include <thread>

#include "core/deliver_reply.h"
#include "json/canonical.h"

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
  bool put_task(std::string_view, std::string_view request, uint64_t token) override {
    Run::Item item = begin(token, request);
    return refuse(item, "tasks for source archivers are not taken by this version");
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
    : engine_(engine), generation_(std::move(generation)), options_(std::move(options)) {}

void Run::stop() {
  stopped_ = true;
  const std::lock_guard lock(mutex_);
  room_.notify_all();
}

bool Run::put(Item item) {
  std::unique_lock lock(mutex_);
  const Settings& s = engine_.settings();
  room_.wait(lock, [&] {
    return stopped_ || queue_.empty() ||
           (queue_.size() < s.max_queue && queued_bytes_ + item.bytes <= s.max_queue_bytes);
  });
  if (stopped_) {
    lock.unlock();
    if (item.fd >= 0) close(item.fd);
    return false;  // never taken: the provider knows that it is still its own
  }
  queued_bytes_ += item.bytes;
  queue_.push_back(std::move(item));
  lock.unlock();
  engine_.pool().poke();
  return true;
}

bool Run::take_one() {
  std::unique_lock lock(mutex_);
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
  ScanOptions options{.request_meta = item->request,
                      .add_start_dispatch = options_.add_start_dispatch,
                      .add_start_deep_dispatch = options_.add_start_deep_dispatch};
  try {
    if (item->fd >= 0) {
      Engine::FileContent file = engine_.read_file(item->fd);
      close(std::exchange(item->fd, -1));
      if (!file.problem.empty()) {
        outcome(*item, Outcome::failed, file.problem);
        return ended();
      }
      item->payload.emplace(std::move(file.content), item->meta);
      item->payload->set_sha256(file.sha256);
    }
    const std::shared_ptr<Scan> scan =
        engine_.new_scan(generation_, std::move(*item->payload), options);
    item->payload.reset();
    // The scan lives as long as somebody works on it; its end is told by whoever finishes it.
    scan->when_done([this, item, scan = scan.get()] { done(*item, *scan, generation_); });
    scan->start();
    if (generation_->serial) scan->finish_here();
  } catch (const std::exception& e) {
    outcome(*item, Outcome::failed, e.what());
    ended();
  }
}

void Run::done(const Item& item, Scan& scan, const std::shared_ptr<const Generation>& generation) {
  try {
    StoqResponse response = scan.take_response();
    const auto failures = engine_.deliver(*generation, response);
    if (scan.root_withheld()) {
      const std::lock_guard lock(mutex_);
      ++summary_.not_scanned;
    }
    if (failures.empty())
      outcome(item, Outcome::done, "");
    else
      outcome(item, Outcome::failed,
              "not saved by " + failures.front().first + ": " + failures.front().second);
  } catch (const std::exception& e) {
    outcome(item, Outcome::failed, e.what());
  }
  ended();
}

void Run::outcome(const Item& item, Outcome what, std::string_view reason) {
  {
    const std::lock_guard lock(mutex_);
    ++(what == Outcome::done     ? summary_.done
       : what == Outcome::failed ? summary_.failed
                                 : summary_.retried);
  }
  if (what == Outcome::failed) {
    const std::string name = item.meta.extra_data.get("filename").string_or("an item");
    STOQ_LOG(engine_.log(), LogLevel::error,
             name + " from " + item.provider->info().name + " failed: " + std::string(reason));
  }
  item.provider->outcome(item.token, what, reason);
}

void Run::ended() {
  // Told with the lock: go() may end, and this object with it, as soon as the last item has.
  const std::lock_guard lock(mutex_);
  --in_work_;
  if (queue_.empty() && in_work_ == 0) all_done_.notify_all();
  if (!queue_.empty()) engine_.pool().poke();
}

RunSummary Run::go() {
  if (generation_->providers.empty())
    throw StoqException(
        "No activated provider plugins; name one with providers, or -P on the command line");
  std::vector<std::jthread> threads;
  providers_ = generation_->providers.size();
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
      } else if (!stopped_ || !reply.problem.empty()) {
        provider_failures_.push_back("provider:" + provider->info().name +
                                     " failed: " + reply.problem);
        STOQ_LOG(engine_.log(), LogLevel::error, provider_failures_.back());
      }
      --providers_;
      all_done_.notify_all();
    });
  }
  {
    std::unique_lock lock(mutex_);
    all_done_.wait(lock, [this] { return providers_ == 0 && queue_.empty() && in_work_ == 0; });
  }
  engine_.pool().clear_source();
  threads.clear();
  if (!provider_failures_.empty()) {
    std::string all;
    for (const std::string& failure : provider_failures_)
      all += (all.empty() ? "" : "\n") + failure;
    throw StoqException(all);
  }
  return summary_;
}

}  // namespace stoq
