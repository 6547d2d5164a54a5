// SPDX-License-Identifier: Apache-2.0
#include "core/quarantine.h"

#include "core/digest.h"

namespace stoq {
namespace {

Quarantine::Clock::duration time_of(const Settings& settings) {
  return std::chrono::duration_cast<Quarantine::Clock::duration>(
      std::chrono::duration<double>(settings.quarantine_time));
}

}  // namespace

void Quarantine::forget(Entries::iterator entry) {
  ages_.erase(entry->second.age);
  entries_.erase(entry);
  empty_ = entries_.empty();
}

void Quarantine::died(const std::string& plugin, const std::string& version, const Sha256& payload,
                      const Settings& settings, Clock::time_point now) {
  if (settings.quarantine_deaths == 0) return;
  unsigned deaths;
  {
    const std::lock_guard lock(mutex_);
    const auto [at, is_new] = entries_.try_emplace({payload, plugin, version});
    Entry& entry = at->second;
    if (!is_new) {
      ages_.erase(entry.age);
      if (now - entry.last >= time_of(settings)) entry.deaths = 0;  // so long ago that it is over
    }
    entry.age = ages_.insert(ages_.end(), &at->first);
    entry.last = now;
    deaths = ++entry.deaths;
    empty_ = false;
    if (entries_.size() > kMost) forget(entries_.find(*ages_.front()));
  }
  if (deaths == settings.quarantine_deaths)
    tell_("Plugin " + plugin + " died " + std::to_string(deaths) + " times on the payload " +
          hex(payload) + "; it is not called on it for " + Json(settings.quarantine_time).text() +
          " s");
}

unsigned Quarantine::kept(const std::string& plugin, const std::string& version,
                          const Sha256& payload, const Settings& settings, Clock::time_point now) {
  if (empty_ || settings.quarantine_deaths == 0) return 0;
  const std::lock_guard lock(mutex_);
  const auto at = entries_.find({payload, plugin, version});
  if (at == entries_.end()) return 0;
  if (now - at->second.last >= time_of(settings)) {
    forget(at);
    return 0;
  }
  return at->second.deaths < settings.quarantine_deaths ? 0 : at->second.deaths;
}

}  // namespace stoq
