// SPDX-License-Identifier: Apache-2.0
#include "cli/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "cli/output.h"
#include "cli/units.h"
#include "cli/visible.h"

namespace stoq::cli {
namespace {

constexpr auto kBetween = std::chrono::milliseconds(250);
constexpr double kPaceSeconds = 5;
constexpr std::string_view kGap = " · ";

std::string per_second(double rate) {
  return rate < 9.95 ? fmt::format("{:.1f}/s", rate) : fmt::format("{:.0f}/s", rate);
}

uint64_t ended(const Progress& p) {
  return p.done + p.failed;
}

void to_stderr(std::string_view text) {
  write_all(STDERR_FILENO, text);
}

class AsideSink final : public LogSink {
 public:
  AsideSink(std::shared_ptr<StatusLine> line, std::vector<std::shared_ptr<LogSink>> sinks)
      : line_(std::move(line)), sinks_(std::move(sinks)) {}
  void write(const LogRecord& record) override {
    line_->aside([&] {
      for (const auto& sink : sinks_) sink->write(record);
    });
  }

 private:
  std::shared_ptr<StatusLine> line_;
  std::vector<std::shared_ptr<LogSink>> sinks_;
};

}  // namespace

Pace PaceMeter::after(double seconds, const Progress& progress) {
  while (seen_.size() > 1 && seen_[1].seconds <= seconds - kPaceSeconds) seen_.pop_front();
  if (seen_.empty()) seen_.push_back({0, 0, 0});
  seen_.push_back({seconds, ended(progress), progress.bytes});
  const Seen &from = seen_.front(), &to = seen_.back();
  const double time = std::max(to.seconds - from.seconds, 0.001);
  return {static_cast<double>(to.items - std::min(from.items, to.items)) / time,
          static_cast<double>(to.bytes - std::min(from.bytes, to.bytes)) / time};
}

std::string progress_line(const Progress& p, const Pace& pace, double seconds, size_t columns) {
  // In the order of their weight.
  std::vector<std::string> pieces;
  pieces.push_back(p.expected ? fmt::format("{} of {} done", p.done, *p.expected)
                              : fmt::format("{} done", p.done));
  if (p.failed > 0) pieces.push_back(fmt::format("{} failed", p.failed));
  if (p.retried > 0) pieces.push_back(fmt::format("{} put back", p.retried));
  pieces.push_back(per_second(pace.items));
  if (p.expected && pace.items > 0)
    pieces.push_back(clock_time(static_cast<double>(*p.expected - std::min(*p.expected, ended(p))) /
                                pace.items) +
                     " left");
  pieces.push_back(human_bytes(static_cast<uint64_t>(pace.bytes)) + "/s");
  pieces.push_back(clock_time(seconds));

  std::string line = visible(pieces.front(), columns);
  for (size_t i = 1; i < pieces.size(); ++i) {
    if (columns_of(line) + columns_of(kGap) + columns_of(pieces[i]) > columns) break;
    line.append(kGap).append(pieces[i]);
  }
  return line;
}

std::string summary_line(const Progress& p, double seconds) {
  const double time = std::max(seconds, 0.001);
  const uint64_t items = ended(p) + p.retried;
  std::string line = fmt::format("{} item{} in {}: {} done, {} failed", items,
                                 items == 1 ? "" : "s", clock_time(seconds), p.done, p.failed);
  if (p.retried > 0) line += fmt::format(", {} put back", p.retried);
  return line +
         fmt::format("; {}, {} at {}/s", per_second(static_cast<double>(ended(p)) / time),
                     human_bytes(p.bytes),
                     human_bytes(static_cast<uint64_t>(static_cast<double>(p.bytes) / time)));
}

void StatusLine::show(const std::string& text) {
  const std::lock_guard lock(mutex_);
  shown_ = text;
  to_stderr("\r\x1b[K" + shown_);
}

void StatusLine::hide() {
  const std::lock_guard lock(mutex_);
  if (!shown_.empty()) to_stderr("\r\x1b[K");
  shown_.clear();
}

void StatusLine::aside(const std::function<void()>& write) {
  const std::lock_guard lock(mutex_);
  if (!shown_.empty()) to_stderr("\r\x1b[K");
  write();
  if (!shown_.empty()) to_stderr(shown_);
}

std::shared_ptr<LogSink> make_aside_sink(std::shared_ptr<StatusLine> line,
                                         std::vector<std::shared_ptr<LogSink>> sinks) {
  return std::make_shared<AsideSink>(std::move(line), std::move(sinks));
}

ProgressDisplay::ProgressDisplay(const Stoq& stoq, StatusLine& line)
    : stoq_(stoq), line_(line), thread_([this] { draw(); }) {}

ProgressDisplay::~ProgressDisplay() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  changed_.notify_all();
  thread_.join();
  line_.hide();
}

double ProgressDisplay::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void ProgressDisplay::draw() {
  PaceMeter meter;
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kBetween, [this] { return ending_; })) {
    const Progress progress = stoq_.progress();
    const double now = seconds();
    const Pace pace = meter.after(now, progress);
    // A line that fills the terminal would wrap.
    const size_t columns = std::max<size_t>(width_of(STDERR_FILENO, 80), 2) - 1;
    line_.show(progress_line(progress, pace, now, columns));
  }
}

}  // namespace stoq::cli
