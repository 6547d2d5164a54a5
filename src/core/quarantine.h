// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "core/settings.h"

namespace stoq {

// Which plugin died how often on which payload: after so many deaths it is not called on that
// payload for a while. Goes by the plugin's version, so that a mended one is called again. Remembers
// the newest few thousand. [thread-safe]
class Quarantine {
 public:
  using Clock = std::chrono::steady_clock;

  // `tell` is told, in words, of each plugin that begins to be kept from a payload.
  explicit Quarantine(std::function<void(const std::string&)> tell) : tell_(std::move(tell)) {}

  // Nothing is kept from anything, and nothing died.
  bool empty() const { return empty_; }
  // The plugin died on that payload: it crashed, or had to be killed.
  void died(const std::string& plugin, const std::string& version, const Sha256& payload,
            const Settings& settings, Clock::time_point now = Clock::now());
  // How often it died where it is kept from that payload, else 0.
  unsigned kept(const std::string& plugin, const std::string& version, const Sha256& payload,
                const Settings& settings, Clock::time_point now = Clock::now());

  static constexpr size_t kMost = 4096;

 private:
  using Key = std::tuple<Sha256, std::string, std::string>;
  struct Entry {
    unsigned deaths = 0;
    Clock::time_point last;
    std::list<const Key*>::iterator age;
  };
  using Entries = std::map<Key, Entry>;
  void forget(Entries::iterator entry);

  const std::function<void(const std::string&)> tell_;
  std::atomic<bool> empty_ = true;  // asked before each call of a plugin, and nearly always true
  std::mutex mutex_;
  Entries entries_;
  std::list<const Key*> ages_;  // of keys in `entries_`, the one that died last at the end
};

}  // namespace stoq
