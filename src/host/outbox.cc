// SPDX-License-Identifier: Apache-2.0
#include "host/outbox.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "host/wire.h"

namespace stoq {

struct Outbox::Shared {
  std::atomic<uint64_t> call;
  std::atomic<uint64_t> end;  // of the stream
  std::atomic<uint64_t> answered;
  std::atomic<int64_t> since;  // of steady_clock, which all processes share
  std::atomic<uint64_t> heard;
  char bytes[wire::kInlineBody];
};

namespace {
[[noreturn]] void fail() {
  throw std::system_error(errno, std::generic_category(),
                          "cannot make an outbox for a host process");
}
}  // namespace

Outbox::Outbox() : file_(memfd_create("stoq-outbox", MFD_CLOEXEC | MFD_ALLOW_SEALING)) {
  if (!file_ || ftruncate(file_.get(), sizeof(Shared)) != 0) fail();
  // A host that made it shorter would take the engine's reading with it.
  fcntl(file_.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL);
  map(file_.get());
}

Outbox::Outbox(const sdk::Fd& file) {
  map(file.get());
}

Outbox::~Outbox() {
  munmap(shared_, sizeof(Shared));
}

void Outbox::map(int fd) {
  void* memory = mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (memory == MAP_FAILED) fail();
  shared_ = static_cast<Shared*>(memory);
}

void Outbox::begin(uint64_t call) {
  shared_->end.store(0, std::memory_order_release);
  shared_->answered.store(0, std::memory_order_release);
  shared_->call.store(call, std::memory_order_release);
}

void Outbox::keep(uint64_t sent, std::string_view unsent, size_t kept) {
  if (unsent.size() > sizeof shared_->bytes) return;
  std::memcpy(shared_->bytes + kept, unsent.data() + kept, unsent.size() - kept);
  shared_->end.store(sent + unsent.size(), std::memory_order_release);
}

void Outbox::answered(std::chrono::steady_clock::time_point now) {
  shared_->since.store(now.time_since_epoch().count(), std::memory_order_release);
  shared_->answered.fetch_add(1, std::memory_order_release);
}

void Outbox::hear() {
  shared_->heard.fetch_add(1, std::memory_order_relaxed);
}

Outbox::Progress Outbox::progress(uint64_t call) const {
  if (shared_->call.load(std::memory_order_acquire) != call) return {};
  const uint64_t answered = shared_->answered.load(std::memory_order_acquire);
  const int64_t since = shared_->since.load(std::memory_order_acquire);
  return {answered,
          std::chrono::steady_clock::time_point(std::chrono::steady_clock::duration(since))};
}

uint64_t Outbox::heard() const {
  return shared_->heard.load(std::memory_order_relaxed);
}

std::string Outbox::rest(uint64_t call, uint64_t received) const {
  const uint64_t end = shared_->end.load(std::memory_order_acquire);
  if (shared_->call.load(std::memory_order_acquire) != call || end <= received) return {};
  const uint64_t size = end - received;
  return size > sizeof shared_->bytes ? std::string() : std::string(shared_->bytes, size);
}

}  // namespace stoq
