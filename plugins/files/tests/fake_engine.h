// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "stoq/abi/plugin.h"
#include "stoq/sdk/views.h"

extern "C" const stoq_plugin_entry stoq_plugin_entry_v1;

namespace stoq::plugins::files {

using Lines = std::vector<std::string>;

// The engine's side of the ABI, as far as any plugin here uses it: options, log, errors, and the
// provider's calls. Options are given as name=value, "state=DIR" is the state directory; the others
// have their declared default. The log is thread-safe.
class FakeEngine {
 public:
  FakeEngine(std::string_view plugin, const std::vector<std::string>& options)
      : plugin_name_(plugin) {
    for (const std::string& text : options) {
      const size_t equals = text.find('=');
      options_[text.substr(0, equals)] = text.substr(equals + 1);
    }
    host_.struct_size = sizeof host_;
    host_.ctx = this;
    host_.name = sdk::str(plugin_name_);
    host_.state = sdk::str(options_["state"]);
    host_.log = [](const stoq_host* host, int32_t, stoq_str line) {
      auto& engine = *static_cast<FakeEngine*>(host->ctx);
      const std::lock_guard lock(engine.mutex_);
      engine.log_.emplace_back(sdk::view(line));
      engine.changed_.notify_all();
    };
    host_.option = &option;
    api_.struct_size = sizeof api_;
    api_.error = [](const stoq_call* call, stoq_str text) {
      base(call).errors.emplace_back(sdk::view(text));
      return STOQ_OK;
    };
    api_.raise = [](const stoq_call* call, stoq_str type, stoq_str text) {
      base(call).raised = std::string(sdk::view(type)) + ": " + std::string(sdk::view(text));
      return STOQ_OK;
    };
    api_.expect = [](const stoq_call* call, uint64_t items) {
      base(call).expected = items;
      return STOQ_OK;
    };
    call_ = {sizeof call_, 0, &api_, this};
  }
  FakeEngine(const FakeEngine&) = delete;
  FakeEngine& operator=(const FakeEngine&) = delete;

  bool create() {
    plugin_ = stoq_plugin_entry_v1.create(&host_, &call_);
    return plugin_ != nullptr;
  }
  void destroy() {
    if (plugin_) stoq_plugin_entry_v1.destroy(std::exchange(plugin_, nullptr));
  }
  bool loaded() const { return plugin_ != nullptr; }
  stoq_status ingest() { return role<stoq_provider>(STOQ_PROVIDER).ingest(plugin_, &call_); }
  void outcome(uint64_t token, int32_t what, std::string_view reason = "") {
    role<stoq_provider>(STOQ_PROVIDER).outcome(plugin_, token, what, sdk::str(reason));
  }

  Lines whole_log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }
  void clear_log() {
    const std::lock_guard lock(mutex_);
    log_.clear();
  }

  const stoq_host* host() const { return &host_; }
  const stoq_call* call() const { return &call_; }

  std::string raised;
  Lines errors;
  int64_t expected = -1;

 protected:
  ~FakeEngine() = default;  // which destroys the plugin first

  static FakeEngine& base(const stoq_call* call) { return *static_cast<FakeEngine*>(call->ctx); }
  template <class Table>
  static const Table& role(const char* id) {
    return *static_cast<const Table*>(stoq_plugin_entry_v1.get_extension(id));
  }

  stoq_call_api api_{};
  stoq_call call_{};
  void* plugin_ = nullptr;
  std::mutex mutex_;
  std::condition_variable changed_;
  Lines log_;

 private:
  static stoq_status option(const stoq_host* host, stoq_str name, stoq_value* out) {
    auto& engine = *static_cast<FakeEngine*>(host->ctx);
    for (const stoq_option* const* at = stoq_plugin_entry_v1.options; *at; ++at) {
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

  const std::string plugin_name_;
  std::map<std::string, std::string> options_;
  std::map<std::string, stoq_str> lists_;
  stoq_host host_{};
};

}  // namespace stoq::plugins::files
