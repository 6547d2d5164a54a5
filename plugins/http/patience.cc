// SPDX-License-Identifier: Apache-2.0
#include "http/patience.h"

#include <algorithm>
#include <random>
#include <thread>

namespace stoq::http {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kGlance{50};  // how often a wait looks for cancellation
constexpr std::chrono::seconds kLongestAsked = std::chrono::hours(24 * 365);

std::string in_tenths(milliseconds time) {
  const int64_t tenths = time.count() / 100;
  return std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + " s";
}

// So that many who were refused together do not come back together.
milliseconds scattered(milliseconds wait) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return milliseconds(
      std::uniform_int_distribution<int64_t>(wait.count() / 2, wait.count())(random));
}

}  // namespace

Patience::Patience(const RetryPolicy& policy, const sdk::Call& call)
    : policy_(policy), call_(call) {
  const int64_t granted = call.time_left();
  if (granted == INT64_MAX) return;
  until_ = began_ + milliseconds(granted - std::min<int64_t>(granted / 10, 1000));
}

milliseconds Patience::left() const {
  if (!until_) return milliseconds::max();
  return std::max(milliseconds(0), std::chrono::floor<milliseconds>(*until_ - Clock::now()));
}

void Patience::renew() {
  began_ = Clock::now();
  tries_ = 1;
}

bool Patience::wait(milliseconds time) const {
  const Clock::time_point end = Clock::now() + time;
  while (!cancelled() && left().count() > 0) {
    const auto rest = std::chrono::ceil<milliseconds>(end - Clock::now());
    if (rest.count() <= 0) return true;
    std::this_thread::sleep_for(std::min(rest, kGlance));
  }
  return false;
}

bool Patience::again(std::optional<std::chrono::seconds> asked) {
  if (tries_ > policy_.retries) {
    end_ = "more are not allowed";
    return false;
  }
  const int64_t doublings = std::min<int64_t>(tries_ - 1, 20);
  milliseconds pause =
      scattered(std::min(policy_.longest_wait, policy_.first_wait * (int64_t{1} << doublings)));
  if (asked && std::min(*asked, kLongestAsked) > pause) {
    pause = std::min(*asked, kLongestAsked);
    if (pause >= left()) {
      end_ = "the server asked for a pause of " + std::to_string(asked->count()) + " s, and only " +
             in_tenths(left()) + " are left";
      return false;
    }
  }
  if (pause >= left() || !wait(pause)) {
    end_ = cancelled() ? "the engine called it off" : "no time is left for another";
    return false;
  }
  ++tries_;
  return true;
}

std::string Patience::story() const {
  const auto taken = std::chrono::floor<milliseconds>(Clock::now() - began_);
  const std::string text =
      std::to_string(tries_) + (tries_ == 1 ? " try in " : " tries in ") + in_tenths(taken);
  return end_.empty() ? text : text + "; " + end_;
}

}  // namespace stoq::http
