// SPDX-License-Identifier: Apache-2.0
#include "cli/signals.h"

#include <fcntl.h>
#include <unistd.h>

namespace stoq::cli {
namespace {

bool has_terminal() {
  const int fd = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
  if (fd >= 0) close(fd);
  return fd >= 0;
}

}  // namespace

SignalMask::SignalMask() {
  sigemptyset(&set_);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set_, signal);
  pthread_sigmask(SIG_BLOCK, &set_, nullptr);
}

SignalWatch::SignalWatch(const SignalMask& mask, std::function<void()> stop,
                         std::function<void()> reload)
    : terminal_(has_terminal()),
      reloader_([this, reload = std::move(reload)] { reload_when_asked(reload); }),
      thread_([this, set = mask.set(), stop = std::move(stop)] { wait_for_signals(set, stop); }) {}

void SignalWatch::wait_for_signals(const sigset_t& set, const std::function<void()>& stop) {
  for (int seen = 0;;) {
    int signal = 0;
    if (sigwait(&set, &signal) != 0) return;
    {
      const std::lock_guard lock(mutex_);
      if (ending_) return;
      if (signal == SIGHUP && (!terminal_ || has_terminal())) {
        asked_ = true;
        changed_.notify_all();
        continue;
      }
    }
    if (++seen > 1) _exit(128 + signal);
    stop();
  }
}

void SignalWatch::reload_when_asked(const std::function<void()>& reload) {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return asked_ || ending_; });
    if (ending_) return;
    asked_ = false;
    lock.unlock();
    reload();
    lock.lock();
  }
}

SignalWatch::~SignalWatch() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  pthread_kill(thread_.native_handle(), SIGTERM);
  thread_.join();
  reloader_.join();
}

}  // namespace stoq::cli
