// SPDX-License-Identifier: Apache-2.0
#include "core/redelivery.h"

#include <algorithm>

namespace stoq {
namespace {

using std::chrono::seconds;
constexpr seconds kLongest{60};
constexpr seconds kFirstGap{1};
// A pass goes on past responses that their connector will not have, and ends where it is plain that
// the connector does not work at all; the next one begins behind those.
constexpr int kFailuresOfAPass = 3;

}  // namespace

Redelivery::~Redelivery() {
  stop();
  if (thread_.joinable()) thread_.join();
}

void Redelivery::start() {
  Spool& spool = engine_.spool();
  if (spool.off()) return;
  spool.clean();
  reloaded();
}

void Redelivery::reloaded() {
  std::set<std::string> connectors;
  std::string problem;
  for (const std::string& name : engine_.spool().names({}, &problem))
    connectors.emplace(connector_in(name));
  const std::shared_ptr<const Generation> generation = engine_.generation();
  const std::lock_guard lock(mutex_);
  if (stopped_ || finishing_) return;
  said_.clear();
  left_alone_.clear();
  for (const std::shared_ptr<Instance>& connector : generation->connectors) {
    const std::string& name = connector->info().name;
    if (problem.empty() && !connectors.contains(name)) continue;
    Line& line = add(name, Clock::now());
    line.due = Clock::now();
    line.wait = backoff();
    line.down = false;
  }
  wake_.notify_all();
}

Redelivery::Clock::duration Redelivery::backoff() const {
  return std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(engine_.settings().connector_backoff));
}

Redelivery::Line& Redelivery::add(const std::string& connector, Clock::time_point due) {
  const auto [at, fresh] = lines_.try_emplace(connector);
  Line& line = at->second;
  line.more = true;
  if (!fresh) return line;
  line.due = due;
  line.wait = backoff();
  line.gap = kFirstGap;
  waits_ = true;
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  wake_.notify_all();
  return line;
}

void Redelivery::spooled(const std::string& connector) {
  const std::lock_guard lock(mutex_);
  if (stopped_) return;
  add(connector, Clock::now() + backoff()).down = true;
}

bool Redelivery::down(const std::string& connector) {
  if (!waits_) return false;
  const std::lock_guard lock(mutex_);
  const auto at = lines_.find(connector);
  return at != lines_.end() && at->second.down;
}

void Redelivery::saved(const std::string& connector) {
  const std::lock_guard lock(mutex_);
  const auto at = lines_.find(connector);
  if (at == lines_.end()) return;
  Line& line = at->second;
  line.down = false;
  const Clock::time_point due = std::max(Clock::now(), line.last + line.gap);
  if (due >= line.due) return;
  line.due = due;
  line.early = true;
  wake_.notify_all();
}

void Redelivery::stop() {
  stopped_ = true;
  const std::lock_guard lock(mutex_);
  wake_.notify_all();
}

void Redelivery::finish() {
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
    for (auto& [connector, line] : lines_)
      if (line.more) line.due = Clock::now();
    wake_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

void Redelivery::work() {
  std::unique_lock lock(mutex_);
  while (!stopped_) {
    const auto next =
        std::min_element(lines_.begin(), lines_.end(),
                         [](const auto& a, const auto& b) { return a.second.due < b.second.due; });
    if (next == lines_.end() || next->second.due > Clock::now()) {
      if (finishing_) return;
      if (next == lines_.end())
        wake_.wait(lock);
      else
        wake_.wait_until(lock, next->second.due);
      continue;
    }
    const std::string connector = next->first;
    Line& line = next->second;  // lines are erased by this thread alone
    line.more = false;
    lock.unlock();
    Pass done{.all = false, .after = line.after};
    try {
      done = pass(connector, line.after);
    } catch (const std::exception& e) {  // no memory: another time
      STOQ_LOG(engine_.log(), LogLevel::warning,
               "What lies in the spool for " + connector + " waits: " + e.what());
    }
    lock.lock();
    if (done.all && !line.more)
      lines_.erase(connector);
    else
      pass_done(line, done);
    waits_ = !lines_.empty();
  }
}

void Redelivery::pass_done(Line& line, const Pass& pass) {
  const auto doubled = [](Clock::duration d) { return std::min<Clock::duration>(2 * d, kLongest); };
  if (pass.saved > 0) {
    line.down = false;
    line.gap = kFirstGap;
    line.wait = backoff();
  } else {
    // What fails although its connector works is not tried for each response that is saved.
    if (line.early) line.gap = doubled(line.gap);
    line.wait = doubled(line.wait);
  }
  line.early = false;
  line.after = pass.after;
  line.last = Clock::now();
  line.due = line.last + line.wait;
}

Redelivery::Pass Redelivery::pass(const std::string& name, const std::string& after) {
  Pass pass{.after = after};
  const std::shared_ptr<const Generation> generation = engine_.generation();
  const std::shared_ptr<Instance> connector = find(generation->connectors, name);
  if (!connector) return pass;
  std::string problem;
  std::vector<std::string> names = engine_.spool().names(name, &problem);
  pass.all = problem.empty();
  if (!pass.all)
    say_once(LogLevel::error, "What lies in the spool for " + name + " waits: " + problem);
  std::rotate(names.begin(), std::upper_bound(names.begin(), names.end(), after), names.end());
  int failures = 0;
  for (const std::string& file : names) {
    if (stopped_ || failures == kFailuresOfAPass) {
      pass.all = false;
      break;
    }
    if (is_left_alone(file)) continue;
    const auto [what, why] = engine_.redeliver(*connector, file, &stopped_);
    switch (what) {
      case Engine::Redelivered::saved:
        ++pass.saved;
        failures = 0;
        break;
      case Engine::Redelivered::unreachable:
        say_once(LogLevel::warning, engine_.spool().path(file) + " waits: " + why);
        [[fallthrough]];
      case Engine::Redelivered::failed:
        pass.all = false;
        ++failures;
        pass.after = file;
        break;
      case Engine::Redelivered::elsewhere:
        pass.all = false;
        break;
      case Engine::Redelivered::broken:
        leave_alone(file);
        say_once(LogLevel::error, engine_.spool().path(file) + " is left alone: " + why);
    }
  }
  return pass;
}

bool Redelivery::is_left_alone(const std::string& file) {
  const std::lock_guard lock(mutex_);
  return left_alone_.contains(file);
}

void Redelivery::leave_alone(const std::string& file) {
  const std::lock_guard lock(mutex_);
  left_alone_.insert(file);
}

void Redelivery::say_once(LogLevel level, const std::string& line) {
  {
    const std::lock_guard lock(mutex_);
    if (!said_.insert(line).second) return;
  }
  STOQ_LOG(engine_.log(), level, line);
}

}  // namespace stoq
