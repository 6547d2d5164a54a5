// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "stoq/stoq.h"

namespace stoq::cli {

// Items and bytes a second.
struct Pace {
  double items = 0, bytes = 0;
};

// The pace of the last seconds, from what was seen of it.
class PaceMeter {
 public:
  Pace after(double seconds, const Progress& progress);

 private:
  struct Seen {
    double seconds;
    uint64_t items, bytes;
  };
  std::deque<Seen> seen_;
};

// "312 of 5000 done · 2 failed · 56/s · 1:23 left · 12 MiB/s · 0:42": as many of these as fit.
std::string progress_line(const Progress& progress, const Pace& pace, double seconds,
                          size_t columns);
// What a whole run did.
std::string summary_line(const Progress& progress, double seconds);

// The last line of a terminal, which comes back after whatever else is written. [thread-safe]
class StatusLine {
 public:
  void show(const std::string& text);
  void hide();
  void aside(const std::function<void()>& write);  // with the line out of the way

 private:
  std::mutex mutex_;
  std::string shown_;
};

// Log sinks whose lines go above the status line.
std::shared_ptr<LogSink> make_aside_sink(std::shared_ptr<StatusLine> line,
                                         std::vector<std::shared_ptr<LogSink>> sinks);

// Draws the progress of a run on stderr, a few times a second, as long as it lives.
class ProgressDisplay {
 public:
  ProgressDisplay(const Stoq& stoq, StatusLine& line);
  ~ProgressDisplay();
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  double seconds() const;

 private:
  void draw();

  const Stoq& stoq_;
  StatusLine& line_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace stoq::cli
