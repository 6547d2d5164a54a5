// SPDX-License-Identifier: Apache-2.0
#include "items.h"

#include <algorithm>
#include <utility>

#include "names.h"

namespace stoq::plugins::dirmon {

Items::Items(const sdk::Host& host, Journal& journal, std::string source_dir)
    : host_(host), journal_(journal), source_dir_(std::move(source_dir)) {}

Items::~Items() {
  const auto [done, failed, retried] = open_.counts();
  if (done + failed + given_back_.size() == 0) return;
  host_.info(std::to_string(done) + " files are done, " + std::to_string(failed) + " failed, " +
             std::to_string(given_back_.size()) + " are to be tried again by the next run");
}

bool Items::put(sdk::Call& call, Fd fd, const Item& item) {
  const std::string full = join(source_dir_, item.path);
  const unsigned deaths = journal_.deaths(item.path, item.id);
  if (deaths >= files::kMostDeaths) {
    journal_.fail(item.path, item.id, item.firm);
    open_.fail();
    const std::string why =
        std::string(files::deaths_reason()) + "; it is not taken again until it is written again";
    files::tell(host_, full, STOQ_OUTCOME_FAILED, why);
    call.error(shown(full) + " failed: " + why);
    return true;
  }
  const bool alone = deaths >= files::kSuspect;
  const std::optional<uint64_t> token = open_.add(call, item, alone);
  if (!token) return false;
  journal_.take(*token, item.path, item.id, item.firm);
  const size_t slash = std::max<size_t>(full.rfind('/'), 1);
  if (call.put_file(fd.release(),
                    files::payload_meta(std::string_view(full).substr(0, slash), item.place.name),
                    *token))
    return !alone || open_.drain(call);
  if (open_.refused(*token)) journal_.give_back(*token);
  return false;
}

void Items::outcome(uint64_t token, int what, std::string_view reason) {
  const std::optional<Item> item = open_.outcome(token, what);
  if (!item) return;
  if (what == STOQ_OUTCOME_RETRY) {
    journal_.give_back(token);
    const std::lock_guard lock(mutex_);
    given_back_.push_back(*item);
  } else {
    journal_.settle(token, what == STOQ_OUTCOME_DONE ? "done" : "failed");
  }
  if (what != STOQ_OUTCOME_DONE) files::tell(host_, join(source_dir_, item->path), what, reason);
}

std::vector<Items::Item> Items::given_back() {
  const std::lock_guard lock(mutex_);
  return std::exchange(given_back_, {});
}

}  // namespace stoq::plugins::dirmon
