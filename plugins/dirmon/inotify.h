// SPDX-License-Identifier: Apache-2.0
//
// inotify(7) as an object.
#pragma once

#include <sys/inotify.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "root.h"

namespace stoq::plugins::dirmon {

struct Event {
  int watch;
  uint32_t mask;    // IN_…
  uint32_t cookie;  // the same where something leaves and where it arrives
  std::string_view name;
};

class Inotify {
 public:
  Inotify();  // throws sdk::Error

  // The watch of a directory; the one that it has already, should it have one. Below zero: errno
  // says why. A link is followed only when `follow` says so.
  int add(const std::string& path, bool follow);
  void remove(int watch);

  // Waits for events and tells them one by one. False: none came in that time.
  template <class Handler>
  bool read(int milliseconds, Handler&& handler) {
    const size_t size = fill(milliseconds);
    for (size_t at = 0; at < size;) {
      const auto& event = *reinterpret_cast<const inotify_event*>(buffer_ + at);
      at += sizeof event + event.len;
      handler(Event{event.wd, event.mask, event.cookie,
                    event.len ? std::string_view(event.name) : std::string_view()});
    }
    return size > 0;
  }

  // What errno `error` of a watch means: why, and what to do about it.
  static std::string reason(int error);

 private:
  size_t fill(int milliseconds);

  Fd fd_;
  alignas(inotify_event) char buffer_[64 << 10];
};

}  // namespace stoq::plugins::dirmon
