// SPDX-License-Identifier: Apache-2.0
//
// A response of a run on its way to the connectors: again when one fails, then into the spool; where
// that does not take it either, intake waits.
#include <algorithm>
#include <cmath>

#include "core/run.h"

namespace stoq {
namespace {

constexpr double kLongestWait = 60;  // seconds
constexpr double kRoomWait = 1;      // until a full spool is looked at again

}  // namespace

void Run::deliver(Delivery delivery) {
  std::optional<End> end;
  try {
    end = attempt(delivery);
  } catch (const std::exception& e) {
    end = End{Outcome::failed, e.what()};
  }
  if (end) {
    bool goes_on = false;
    if (delivery.blocked) {
      const std::lock_guard lock(mutex_);
      goes_on = --blocked_ == 0 && !stopped_;
    }
    if (goes_on) {
      STOQ_LOG(engine_.log(), LogLevel::warning,
               "Intake goes on: every response is saved, or lies in the spool");
      room_.notify_all();
    }
    return part_done(*delivery.item, std::move(*end));
  }
  const auto due = Clock::now() + std::chrono::duration_cast<Clock::duration>(
                                      std::chrono::duration<double>(delivery.wait));
  const std::lock_guard lock(mutex_);
  waiting_.emplace(due, std::move(delivery));
  all_done_.notify_all();
}

// A connector that fails is tried again later, each time after twice the wait, without holding a
// scan thread meanwhile; at last the response goes into the spool. While others of that connector
// have just gone there it does so at once: what waits keeps new items out.
std::optional<Run::End> Run::attempt(Delivery& delivery) {
  const Settings& settings = engine_.settings();
  if (delivery.connectors.empty()) return End{};
  const std::string text = delivery.response.dumps(0);
  // After the end of the drain nobody is asked; what nobody was asked before has its failures.
  if (!cut_ || delivery.attempts == 0) ask(delivery, text);
  Engine::Failures& failures = delivery.failures;
  if (failures.empty()) return End{};
  const unsigned attempt = delivery.attempts;
  const bool all_down = std::all_of(failures.begin(), failures.end(), [&](const auto& failure) {
    return redelivery_.down(failure.connector);
  });
  if (attempt >= settings.connector_attempts || all_down || stopped_) {
    const Instances failed = delivery.connectors;
    engine_.keep(failures, delivery.connectors, delivery.response, text, attempt);
    for (const std::shared_ptr<Instance>& connector : failed)
      if (std::find(delivery.connectors.begin(), delivery.connectors.end(), connector) ==
          delivery.connectors.end())
        redelivery_.spooled(connector->info().name);
    if (failures.empty()) return End{};
    return not_kept(delivery, failures.front());
  }
  wait_for_next(delivery);
  return std::nullopt;
}

void Run::wait_for_next(Delivery& delivery) {
  const Settings& settings = engine_.settings();
  const unsigned attempt = delivery.attempts;
  delivery.wait = std::min(
      kLongestWait, settings.connector_backoff * std::ldexp(1.0, static_cast<int>(attempt) - 1));
  for (const Engine::SaveFailure& failure : delivery.failures)
    STOQ_LOG(engine_.log(), LogLevel::warning,
             "Results of scan " + delivery.response.scan_id + " are not saved using " +
                 failure.connector + " yet, attempt " + std::to_string(attempt) + " of " +
                 std::to_string(settings.connector_attempts) + ", the next in " +
                 Json(delivery.wait).text() + " s: " + failure.problem);
}

// The connectors of the response's generation; later the newest ones, which may have been mended,
// where there still are such.
void Run::ask(Delivery& delivery, std::string_view text) {
  if (delivery.attempts > 0) {
    const std::shared_ptr<const Generation> newest = engine_.generation();
    for (std::shared_ptr<Instance>& connector : delivery.connectors)
      if (std::shared_ptr<Instance> other = find(newest->connectors, connector->info().name))
        connector = std::move(other);
  }
  const bool asks = !cut_;
  const Instances asked = redelivery_.waits() ? delivery.connectors : Instances{};
  delivery.failures = engine_.save_all(delivery.connectors, delivery.response, text, &cut_);
  for (const std::shared_ptr<Instance>& connector : asked)
    if (std::find(delivery.connectors.begin(), delivery.connectors.end(), connector) ==
        delivery.connectors.end())
      redelivery_.saved(connector->info().name);
  if (asks && !delivery.failures.empty()) ++delivery.attempts;
}

std::optional<Run::End> Run::not_kept(Delivery& delivery, const Engine::SaveFailure& failure) {
  std::string reason = "not saved by " + failure.connector + ": " + failure.problem;
  if (!failure.not_kept.empty()) reason += "; " + failure.not_kept;
  // What the stop took attempts away from may be saved by another run, whatever the spool takes.
  const bool last = delivery.attempts >= engine_.settings().connector_attempts;
  if ((engine_.spool().off() || failure.never) && last)
    return End{Outcome::failed, std::move(reason)};
  if (stopped_) return End{Outcome::retry, std::move(reason)};
  if (failure.never) {  // its connector is down: the one place that may still take it
    wait_for_next(delivery);
    return std::nullopt;
  }
  delivery.wait = kRoomWait;
  if (std::exchange(delivery.blocked, true)) return std::nullopt;
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = blocked_++ == 0;
  }
  if (first)
    STOQ_LOG(
        engine_.log(), LogLevel::error,
        "Intake waits until there is room in the spool (stoq spool retry, stoq spool drop), or "
        "the run is stopped: scan " +
            delivery.response.scan_id + " is " + reason);
  return std::nullopt;
}

// With the lock, which it gives up when it has something to do.
bool Run::deliver_due(std::unique_lock<std::mutex>& lock) {
  if (waiting_.empty() || (!stopped_ && waiting_.begin()->first > Clock::now())) return false;
  Delivery delivery = std::move(waiting_.begin()->second);
  waiting_.erase(waiting_.begin());
  lock.unlock();
  deliver(std::move(delivery));
  return true;
}

}  // namespace stoq
