// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "stoq/sdk/views.h"

namespace stoq::http {

struct RetryPolicy {
  int64_t retries = 10;  // tries after the first one
  std::chrono::milliseconds first_wait = std::chrono::milliseconds(500);  // doubled each time …
  std::chrono::milliseconds longest_wait = std::chrono::seconds(30);      // … up to this
};

// How long and how often one call goes on trying. It ends before the engine ends the call, so that
// the last word is the plugin's. One thread.
class Patience {
 public:
  Patience(const RetryPolicy& policy, const sdk::Call& call);

  std::chrono::milliseconds left() const;
  bool cancelled() const { return call_.cancelled(); }
  // Waits before another try, at least as long as a server asked for. False: there is to be none.
  bool again(std::optional<std::chrono::seconds> asked = std::nullopt);
  // Waits; false: cancelled, or the time is over.
  bool wait(std::chrono::milliseconds time) const;
  // What comes next has its own number of tries; the time goes on.
  void renew();
  // Such as: 3 tries in 1.5 s; more are not allowed
  std::string story() const;

 private:
  using Clock = std::chrono::steady_clock;

  const RetryPolicy policy_;
  const sdk::Call& call_;
  Clock::time_point began_ = Clock::now();
  std::optional<Clock::time_point> until_;
  int64_t tries_ = 1;
  std::string end_;  // why there is no other try
};

}  // namespace stoq::http
