// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "stoq/sdk/descriptor.h"

namespace stoq {

// What a host has given and not yet sent: it stands although the host may end at any moment, and
// costs no message of its own. Memory that the engine shares with one host.
//
// The records of a call's answer are one stream of bytes; the outbox holds what of it comes behind
// the last message.
class Outbox {
 public:
  Outbox();                              // the engine's; throws std::system_error
  explicit Outbox(const sdk::Fd& file);  // a host's; throws std::system_error
  ~Outbox();
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;
  int fd() const { return file_.get(); }

  // In the host.
  void begin(uint64_t call);
  // `sent`: bytes of the stream that messages carry; `unsent` is what follows, of which the first
  // `kept` bytes have been given here already.
  void keep(uint64_t sent, std::string_view unsent, size_t kept);
  void answered(std::chrono::steady_clock::time_point now);  // one more plugin of the call
  void hear();  // a message of the engine's has been dealt with

  // In the engine, once the host has ended: what follows the first `received` bytes of the answer
  // to `call`. A copy, and as little to be believed as a message.
  std::string rest(uint64_t call, uint64_t received) const;
  // In the engine, at any time: how many plugins have answered `call`, as the host says, and since
  // when the next one is at work.
  struct Progress {
    uint64_t answered = 0;
    std::chrono::steady_clock::time_point since{};
  };
  Progress progress(uint64_t call) const;
  // In the engine: how many messages the host says it has dealt with.
  uint64_t heard() const;

 private:
  struct Shared;
  void map(int fd);

  sdk::Fd file_;
  Shared* shared_ = nullptr;
};

}  // namespace stoq
