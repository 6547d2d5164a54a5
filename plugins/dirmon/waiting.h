// SPDX-License-Identifier: Apache-2.0
//
// The files that are to be looked at: now, or when it is time.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "root.h"

namespace stoq::plugins::dirmon {

using Clock = std::chrono::steady_clock;

struct Place {
  int folder;  // its id
  std::string name;
  auto operator<=>(const Place&) const = default;
};

struct Look {
  enum Origin {
    touched,  // its times or its mode have changed
    found,    // it lies there; whether somebody writes to it is not known
    closed,   // a writer has closed it, or it was moved here
  } origin = found;
  bool created = false;  // found by an event: with a writer, which will close it, or by a link
  Clock::time_point since = Clock::now();
  unsigned tries = 0;    // since it is busy or cannot be opened for now
  unsigned retries = 0;  // how often the engine gave it back
  bool busy = false;     // it was open for writing
  bool ready = false;    // it was, and is not any more
  bool settled = false;  // it has had the time to
  bool told = false;     // the log knows that it keeps us waiting
  Identity id = {};      // touched and ready: as it was then
};

class Waiting {
 public:
  // Replaces what is known of the place, but by an origin that is worth less.
  void add(const Place& place, Look look, Clock::time_point due);
  std::optional<Look> remove(const Place& place);
  void remove_folder(int folder);

  // The next place whose time has come, removed.
  std::optional<std::pair<Place, Look>> take(Clock::time_point now);
  std::optional<Clock::time_point> next() const;
  size_t size() const { return places_.size(); }
  size_t busy() const;
  void clear();
  template <class Visit>
  void each(Visit&& visit) const {
    for (const auto& [place, entry] : places_) visit(place, entry.look);
  }

 private:
  struct Entry {
    Look look;
    Clock::time_point due;
    uint64_t order;
  };
  using Due = std::pair<Clock::time_point, uint64_t>;
  using Places = std::map<Place, Entry>;

  Places places_;
  std::map<Due, Places::iterator> due_;
  uint64_t last_ = 0;
};

}  // namespace stoq::plugins::dirmon
