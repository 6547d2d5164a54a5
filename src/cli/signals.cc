// SPDX-License-Identifier: Apache-2.0
#include "cli/signals.h"

#include <unistd.h>

namespace stoq::cli {

SignalMask::SignalMask() {
  sigemptyset(&set_);
  sigaddset(&set_, SIGINT);
  sigaddset(&set_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
}

SignalWatch::SignalWatch(const SignalMask& mask, std::function<void()> stop)
    : thread_([this, set = mask.set(), stop = std::move(stop)] {
        for (int seen = 0;;) {
          int signal = 0;
          if (sigwait(&set, &signal) != 0 || ending_) return;
          if (++seen > 1) _exit(128 + signal);
          stop();
        }
      }) {}

SignalWatch::~SignalWatch() {
  ending_ = true;
  pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
}

}  // namespace stoq::cli
