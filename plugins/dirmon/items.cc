// SPDX-License-Identifier: Apache-2.0
#include "items.h"

#include <sys/resource.h>

#include <algorithm>

#include "names.h"

namespace stoq::plugins::dirmon {
namespace {

// Half of the descriptors that we may have: the engine needs some, too.
size_t most_open() {
  rlimit limit{};
  return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? std::max<size_t>(8, limit.rlim_cur / 2) : 512;
}

}  // namespace

Items::Items(const sdk::Host& host, Journal& journal, std::string source_dir)
    : host_(host), journal_(journal), source_dir_(std::move(source_dir)) {}

Items::~Items() {
  if (done_ + failed_ + given_back_.size() == 0) return;
  host_.info(std::to_string(done_) + " files are done, " + std::to_string(failed_) + " failed, " +
             std::to_string(given_back_.size()) + " are to be tried again by the next run");
}

bool Items::put(sdk::Call& call, Fd fd, const Item& item) {
  const std::string full = join(source_dir_, item.path);
  const size_t slash = full.rfind('/');
  const std::string meta =
      payload_meta(std::string_view(full).substr(0, std::max<size_t>(slash, 1)), item.place.name);
  uint64_t token;
  {
    std::unique_lock lock(mutex_);
    const size_t most = most_open();
    while (open_.size() >= most && !call.cancelled())
      told_.wait_for(lock, std::chrono::milliseconds(100));
    if (call.cancelled()) return false;
    token = ++last_token_;
    open_[token] = item;
  }
  journal_.take(token, item.path, item.id, item.firm);
  if (call.put_file(fd.release(), meta, token)) return true;
  const std::lock_guard lock(mutex_);
  if (open_.erase(token) > 0) journal_.give_back(token);
  return false;
}

void Items::outcome(uint64_t token, int what, std::string_view reason) {
  Item item;
  {
    const std::lock_guard lock(mutex_);
    auto known = open_.extract(token);
    if (known.empty()) return;
    item = std::move(known.mapped());
    if (what == STOQ_OUTCOME_DONE) ++done_;
    if (what == STOQ_OUTCOME_FAILED) ++failed_;
    if (what == STOQ_OUTCOME_RETRY) {
      journal_.give_back(token);
      given_back_.push_back(item);
    }
  }
  told_.notify_one();
  if (what != STOQ_OUTCOME_RETRY)
    journal_.settle(token, what == STOQ_OUTCOME_DONE ? "done" : "failed");
  if (what == STOQ_OUTCOME_DONE) return;
  host_.warning(shown(join(source_dir_, item.path)) +
                (what == STOQ_OUTCOME_FAILED ? " failed: " : " is to be tried again: ") +
                std::string(reason));
}

std::vector<Items::Item> Items::given_back() {
  const std::lock_guard lock(mutex_);
  return std::exchange(given_back_, {});
}

}  // namespace stoq::plugins::dirmon
