// SPDX-License-Identifier: Apache-2.0
#include "core/fork.h"

#include <pthread.h>

#include <atomic>

#include "core/cores.h"
#include "core/digest.h"

namespace stoq {
namespace {

constinit std::mutex mutex;
constinit std::atomic<unsigned> forks = 0;

[[maybe_unused]] const int registered = pthread_atfork([] { mutex.lock(); }, [] { mutex.unlock(); },
                                                       [] {
                                                         ++forks;
                                                         mutex.unlock();
                                                       });

}  // namespace

std::unique_lock<std::mutex> process_lock() {
  return std::unique_lock(mutex);
}

unsigned fork_count() {
  return forks.load(std::memory_order_relaxed);
}

std::tm local_parts(std::time_t time) {
  std::tm parts{};
  const auto lock = process_lock();
  localtime_r(&time, &parts);
  return parts;
}

void make_process_statics() {
  sha256_of({});
  cores_allowed();
}

}  // namespace stoq
