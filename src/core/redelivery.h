// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <thread>

#include "core/engine.h"

namespace stoq {

// Saves during a run what lies in the spool for its connectors: when the run starts, when a
// connector works again, after a reload, and else after waits that double. On a thread of its own,
// which is there only when something lies there. [thread-safe]
class Redelivery {
 public:
  explicit Redelivery(Engine& engine) : engine_(engine) {}
  ~Redelivery();

  void start();
  // Connectors may be others, or work again: what lies there for them is tried at once.
  void reloaded();
  // Nothing more after the save that is under way.
  void stop();
  // Returns when nothing is due, after one more pass where something came since the last one.
  void finish();

  // Whether something lies there for anybody.
  bool waits() const { return waits_; }
  // The connector has just put something there, and has just saved something.
  void spooled(const std::string& connector);
  void saved(const std::string& connector);
  // Whether it has saved nothing since a response last went into the spool: another one need not
  // wait for it.
  bool down(const std::string& connector);

 private:
  using Clock = std::chrono::steady_clock;
  // One connector for which something lies there.
  struct Line {
    Clock::time_point due, last;    // the next pass, and the end of the one before
    Clock::duration wait{}, gap{};  // until the next pass, and until one that it gets for working
    bool down = false;
    bool early = false;  // the next pass is such a one
    bool more = false;   // something came while a pass was under way
    std::string after;   // the first of the next pass comes behind this one
  };
  struct Pass {
    size_t saved = 0;
    bool all = true;  // nothing is left
    std::string after;
  };

  Line& add(const std::string& connector, Clock::time_point due);  // with the lock
  Clock::duration backoff() const;
  void work();
  void pass_done(Line& line, const Pass& pass);
  Pass pass(const std::string& connector, const std::string& after);
  bool is_left_alone(const std::string& file);
  void leave_alone(const std::string& file);
  void say_once(LogLevel level, const std::string& line);

  Engine& engine_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<std::string, Line, std::less<>> lines_;
  std::set<std::string> said_, left_alone_;  // lines and files, until there is a reload
  std::atomic<bool> waits_ = false, stopped_ = false;
  bool finishing_ = false;
  std::thread thread_;
};

}  // namespace stoq
