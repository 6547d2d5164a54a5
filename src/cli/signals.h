// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

namespace stoq::cli {

// SIGINT and SIGTERM are left to a SignalWatch. Made before any other thread, so that all inherit
// the mask.
class SignalMask {
 public:
  SignalMask();
  const sigset_t& set() const { return set_; }

 private:
  sigset_t set_;
};

// While it lives, the first of these signals calls `stop`, a second one ends the program. A thread
// waits for them, so that nothing happens inside a signal handler.
class SignalWatch {
 public:
  SignalWatch(const SignalMask& mask, std::function<void()> stop);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  std::atomic<bool> ending_ = false;
  std::thread thread_;
};

}  // namespace stoq::cli
