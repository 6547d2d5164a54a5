// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "stoq/abi/plugin.h"
#include "stoq/sdk/views.h"

extern "C" const stoq_plugin_entry stoq_plugin_entry_v0;

namespace stoq::plugins::dirmon {

using Lines = std::vector<std::string>;

// The engine's side of the ABI, as far as this plugin uses it. ingest runs on a thread of its own;
// what it puts is read at once and noted. Thread-safe.
class FakeEngine {
 public:
  struct Item {
    std::string meta, content;
    uint64_t token;
  };

  // Options as name=value; "state=DIR" is the state directory.
  explicit FakeEngine(const std::vector<std::string>& options) {
    for (const std::string& text : options) {
      const size_t equals = text.find('=');
      options_[text.substr(0, equals)] = text.substr(equals + 1);
    }
    host_.struct_size = sizeof host_;
    host_.ctx = this;
    host_.name = sdk::str("dirmon");
    host_.state = sdk::str(options_["state"]);
    host_.log = [](const stoq_host* host, int32_t, stoq_str line) {
      auto& engine = *static_cast<FakeEngine*>(host->ctx);
      const std::lock_guard lock(engine.mutex_);
      engine.log_.emplace_back(sdk::view(line));
      engine.changed_.notify_all();
    };
    host_.option = &option;
    api_.struct_size = sizeof api_;
    api_.cancelled = [](const stoq_call* call) { return self(call).stopped_ ? 1 : 0; };
    api_.error = [](const stoq_call* call, stoq_str text) {
      self(call).errors.emplace_back(sdk::view(text));
      return STOQ_OK;
    };
    api_.raise = [](const stoq_call* call, stoq_str type, stoq_str text) {
      self(call).raised = std::string(sdk::view(type)) + ": " + std::string(sdk::view(text));
      return STOQ_OK;
    };
    api_.put_file = &put_file;
    call_ = {sizeof call_, 0, &api_, this};
  }
  ~FakeEngine() {
    stop();
    destroy();
  }
  FakeEngine(const FakeEngine&) = delete;
  FakeEngine& operator=(const FakeEngine&) = delete;

  bool create() {
    plugin_ = stoq_plugin_entry_v0.create(&host_, &call_);
    return plugin_ != nullptr;
  }
  void destroy() {
    if (plugin_) stoq_plugin_entry_v0.destroy(std::exchange(plugin_, nullptr));
  }
  stoq_status ingest() { return role().ingest(plugin_, &call_); }
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
  void outcome(uint64_t token, int32_t what, std::string_view reason = "") {
    role().outcome(plugin_, token, what, sdk::str(reason));
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
  Lines whole_log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }
  void clear_log() {
    const std::lock_guard lock(mutex_);
    log_.clear();
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

  const stoq_host* host() const { return &host_; }
  const stoq_call* call() const { return &call_; }

  std::string raised;
  Lines errors;
  std::atomic<bool> done = true;  // each item is, as soon as it is put
  size_t most = 1'000'000;        // items; then put waits

 private:
  static FakeEngine& self(const stoq_call* call) { return *static_cast<FakeEngine*>(call->ctx); }
  static bool is_start(const std::string& line) {
    return line.ends_with("were noted and not taken (existing = true takes them)") ||
           line.starts_with("watching ") || line.starts_with("there is no state directory");
  }
  const stoq_provider& role() const {
    return *static_cast<const stoq_provider*>(stoq_plugin_entry_v0.get_extension(STOQ_PROVIDER));
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

  static stoq_status option(const stoq_host* host, stoq_str name, stoq_value* out) {
    auto& engine = *static_cast<FakeEngine*>(host->ctx);
    for (const stoq_option* const* at = stoq_plugin_entry_v0.options; *at; ++at) {
      if ((*at)->name != sdk::view(name)) continue;
      auto found = engine.options_.find((*at)->name);
      if (found == engine.options_.end() && (*at)->default_text)
        found = engine.options_.emplace((*at)->name, (*at)->default_text).first;
      out->kind = STOQ_VALUE_UNSET;
      if (found == engine.options_.end()) return STOQ_OK;
      out->text = sdk::str(found->second);
      out->integer = found->second == "true";
      out->kind = (*at)->kind == STOQ_OPTION_BOOLEAN ? STOQ_VALUE_BOOLEAN
                  : (*at)->kind == STOQ_OPTION_LIST  ? STOQ_VALUE_LIST
                                                     : STOQ_VALUE_TEXT;
      stoq_str& list = engine.lists_[found->first];  // of one item
      list = out->text;
      out->list = &list;
      out->list_size = list.size > 0 ? 1 : 0;
      return STOQ_OK;
    }
    return STOQ_INVALID;
  }

  std::map<std::string, std::string> options_;
  std::map<std::string, stoq_str> lists_;
  stoq_host host_{};
  stoq_call_api api_{};
  stoq_call call_{};
  void* plugin_ = nullptr;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Item> items_;
  Lines log_;
  std::atomic<bool> stopped_ = false;
  bool blocked_ = false, waiting_ = false;
  std::jthread thread_;
};

}  // namespace stoq::plugins::dirmon
