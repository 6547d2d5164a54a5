// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <atomic>
#include <functional>
#include <thread>

#include "files/tests/fake_engine.h"

namespace stoq::plugins::dirmon {

using files::Lines;

// ingest runs on a thread of its own; what it puts is read at once and noted. Thread-safe.
class FakeEngine : public files::FakeEngine {
 public:
  struct Item {
    std::string meta, content;
    uint64_t token;
  };

  explicit FakeEngine(const std::vector<std::string>& options)
      : files::FakeEngine("dirmon", options) {
    api_.cancelled = [](const stoq_call* call) { return self(call).stopped_ ? 1 : 0; };
    api_.put_file = &put_file;
  }
  ~FakeEngine() {
    stop();
    destroy();
  }
  // Runs `body`, else ingest of the plugin, which is created when it is not there yet.
  void start(std::function<void()> body = {}) {
    stopped_ = false;
    if (!body && !plugin_) create();
    thread_ = std::jthread([this, body = std::move(body)] { body ? body() : void(ingest()); });
  }
  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
      changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
  }

  // Waits for a condition that only a broken plugin lets fail.
  template <class Condition>
  bool wait(Condition&& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), condition);
  }
  bool wait_items(size_t count) {
    return wait([&] { return items_.size() >= count; });
  }
  bool wait_log(std::string_view line) {
    return wait([&] { return std::find(log_.begin(), log_.end(), line) != log_.end(); });
  }
  bool wait_watching() {
    return wait([&] {
      return std::any_of(log_.begin(), log_.end(),
                         [](const std::string& line) { return line.starts_with("watching "); });
    });
  }

  std::vector<Item> items() {
    const std::lock_guard lock(mutex_);
    return items_;
  }
  Lines contents() {
    Lines out;
    for (Item& item : items()) out.push_back(std::move(item.content));
    return out;
  }
  Lines metas() {
    Lines out;
    for (Item& item : items()) out.push_back(std::move(item.meta));
    return out;
  }
  // Without what is said at each start.
  Lines log() {
    const std::lock_guard lock(mutex_);
    Lines out;
    for (const std::string& line : log_)
      if (!is_start(line)) out.push_back(line);
    return out;
  }
  // While it is set, put waits.
  void block(bool on) {
    const std::lock_guard lock(mutex_);
    blocked_ = on;
    changed_.notify_all();
  }
  bool wait_blocked() {
    return wait([&] { return waiting_; });
  }

  std::atomic<bool> done = true;  // each item is, as soon as it is put
  size_t most = 1'000'000;        // items; then put waits

 private:
  static FakeEngine& self(const stoq_call* call) { return static_cast<FakeEngine&>(base(call)); }
  static bool is_start(const std::string& line) {
    return line.starts_with("this is the first start on ") || line.starts_with("watching ") ||
           line.starts_with("there is no state directory");
  }

  static stoq_status put_file(const stoq_call* call, int32_t fd, stoq_str meta, stoq_str,
                              uint64_t token) {
    FakeEngine& engine = self(call);
    Item item{std::string(sdk::view(meta)), "", token};
    char buffer[4096];
    for (ssize_t n; (n = read(fd, buffer, sizeof buffer)) > 0;)
      item.content.append(buffer, static_cast<size_t>(n));
    close(fd);
    {
      std::unique_lock lock(engine.mutex_);
      if (engine.items_.size() >= engine.most) engine.blocked_ = true;
      engine.waiting_ = engine.blocked_;
      engine.changed_.notify_all();
      engine.changed_.wait(lock, [&] { return !engine.blocked_ || engine.stopped_; });
      engine.waiting_ = false;
      if (engine.stopped_) return STOQ_STOP;
      engine.items_.push_back(std::move(item));
      engine.changed_.notify_all();
    }
    if (engine.done && engine.plugin_) engine.outcome(token, STOQ_OUTCOME_DONE);
    return STOQ_OK;
  }

  std::vector<Item> items_;
  std::atomic<bool> stopped_ = false;
  bool blocked_ = false, waiting_ = false;
  std::jthread thread_;
};

}  // namespace stoq::plugins::dirmon
