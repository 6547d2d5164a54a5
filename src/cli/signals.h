// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <csignal>
#include <functional>
#include <mutex>
#include <thread>

namespace stoq::cli {

// SIGINT, SIGTERM and SIGHUP are left to a SignalWatch. Made before any other thread, so that all inherit
// the mask.
class SignalMask {
 public:
  SignalMask();
  const sigset_t& set() const { return set_; }

 private:
  sigset_t set_;
};

// While it lives, SIGHUP calls `reload`, the first of the others `stop`, and a second one ends the
// program. Where SIGHUP means that the terminal is gone, which the program had, it is one of the
// others. A thread waits for them, so that nothing happens inside a signal handler; another one
// reloads, so that a stop has not to wait for that.
class SignalWatch {
 public:
  SignalWatch(const SignalMask& mask, std::function<void()> stop, std::function<void()> reload);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  void wait_for_signals(const sigset_t& set, const std::function<void()>& stop);
  void reload_when_asked(const std::function<void()>& reload);

  const bool terminal_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ending_ = false, asked_ = false;
  std::thread reloader_, thread_;
};

}  // namespace stoq::cli
