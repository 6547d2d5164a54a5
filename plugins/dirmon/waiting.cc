// SPDX-License-Identifier: Apache-2.0
#include "waiting.h"

#include <algorithm>

namespace stoq::plugins::dirmon {

void Waiting::add(const Place& place, Look look, Clock::time_point due) {
  const auto known = places_.find(place);
  if (known != places_.end()) {
    if (known->second.look.origin > look.origin) return;
    remove(place);
  }
  const uint64_t order = ++last_;
  const auto entry = places_.emplace(place, Entry{look, due, order}).first;
  due_.emplace(Due{due, order}, entry);
}

std::optional<Look> Waiting::remove(const Place& place) {
  const auto entry = places_.find(place);
  if (entry == places_.end()) return std::nullopt;
  const Look look = entry->second.look;
  due_.erase({entry->second.due, entry->second.order});
  places_.erase(entry);
  return look;
}

void Waiting::remove_folder(int folder) {
  auto entry = places_.lower_bound({folder, ""});
  while (entry != places_.end() && entry->first.folder == folder) {
    due_.erase({entry->second.due, entry->second.order});
    entry = places_.erase(entry);
  }
}

std::optional<std::pair<Place, Look>> Waiting::take(Clock::time_point now) {
  if (due_.empty() || due_.begin()->first.first > now) return std::nullopt;
  const auto entry = due_.begin()->second;
  std::pair<Place, Look> out{entry->first, entry->second.look};
  due_.erase(due_.begin());
  places_.erase(entry);
  return out;
}

std::optional<Clock::time_point> Waiting::next() const {
  if (due_.empty()) return std::nullopt;
  return due_.begin()->first.first;
}

size_t Waiting::busy() const {
  return static_cast<size_t>(std::count_if(
      places_.begin(), places_.end(), [](const auto& entry) { return entry.second.look.busy; }));
}

void Waiting::clear() {
  due_.clear();
  places_.clear();
}

}  // namespace stoq::plugins::dirmon
