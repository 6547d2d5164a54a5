// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <cstring>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "stoq/abi/plugin.h"
#include "stoq/sdk/views.h"

extern "C" const stoq_plugin_entry stoq_plugin_entry_v0;

namespace stoq::plugins::filedir {

// The engine's side of the ABI, as far as this plugin uses it. Options are given as name=value, the
// others have their declared default; what the plugin says is noted.
class FakeEngine {
 public:
  explicit FakeEngine(const std::vector<std::string>& options) {
    for (const std::string& text : options) {
      const size_t equals = text.find('=');
      options_[text.substr(0, equals)] = text.substr(equals + 1);
    }
    host_.struct_size = sizeof host_;
    host_.ctx = this;
    host_.name = sdk::str("filedir");
    host_.log = [](const stoq_host* host, int32_t, stoq_str line) {
      static_cast<FakeEngine*>(host->ctx)->log.emplace_back(sdk::view(line));
    };
    host_.option = &option;
    api_.struct_size = sizeof api_;
    api_.fact = [](const stoq_call* call, uint32_t which) {
      return sdk::str(self(call).facts[which]);
    };
    api_.cancelled = [](const stoq_call* call) { return self(call).cancelled ? 1 : 0; };
    api_.result = [](const stoq_call* call, stoq_str text) {
      self(call).result = sdk::view(text);
      return STOQ_OK;
    };
    api_.error = [](const stoq_call* call, stoq_str text) {
      self(call).errors.emplace_back(sdk::view(text));
      return STOQ_OK;
    };
    api_.raise = [](const stoq_call* call, stoq_str type, stoq_str text) {
      self(call).raised = std::string(sdk::view(type)) + ": " + std::string(sdk::view(text));
      return STOQ_OK;
    };
    api_.extract_begin = [](const stoq_call* call, stoq_str text) {
      self(call).meta = sdk::view(text);
      return STOQ_OK;
    };
    api_.extract_write = [](const stoq_call* call, stoq_bytes chunk) {
      self(call).content.append(reinterpret_cast<const char*>(chunk.data), chunk.size);
      return self(call).content.size() < self(call).most ? STOQ_OK : STOQ_STOP;
    };
    api_.extract_end = [](const stoq_call* call, int32_t keep) {
      self(call).kept = keep;
      return STOQ_OK;
    };
    api_.put_file = [](const stoq_call* call, int32_t fd, stoq_str text, stoq_str, uint64_t token) {
      close(fd);
      return self(call).put(std::string(sdk::view(text)), token) ? STOQ_OK : STOQ_STOP;
    };
    call_ = {sizeof call_, 0, &api_, this};
    plugin_ = stoq_plugin_entry_v0.create(&host_, &call_);
  }
  ~FakeEngine() { destroy(); }
  FakeEngine(const FakeEngine&) = delete;
  FakeEngine& operator=(const FakeEngine&) = delete;

  void destroy() {
    if (plugin_) stoq_plugin_entry_v0.destroy(std::exchange(plugin_, nullptr));
  }
  bool loaded() const { return plugin_ != nullptr; }
  stoq_status archive(std::string_view text) {
    stoq_payload payload{};
    payload.struct_size = sizeof payload;
    payload.content = {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
    return role<stoq_archiver>(STOQ_ARCHIVER).archive(plugin_, &payload, &call_);
  }
  stoq_status save() { return role<stoq_connector>(STOQ_CONNECTOR).save(plugin_, &call_); }
  stoq_status get() { return role<stoq_archiver>(STOQ_ARCHIVER).get(plugin_, &call_); }
  stoq_status ingest() { return role<stoq_provider>(STOQ_PROVIDER).ingest(plugin_, &call_); }
  void outcome(uint64_t token, int32_t what, std::string_view reason) {
    role<stoq_provider>(STOQ_PROVIDER).outcome(plugin_, token, what, sdk::str(reason));
  }

  std::string raised, result, meta, content;
  std::map<uint32_t, std::string> facts;  // by STOQ_FACT_…
  std::vector<std::string> log, errors;
  bool cancelled = false;
  int kept = -1;
  size_t most = 1 << 30;
  std::function<bool(std::string meta, uint64_t token)> put = [](std::string, uint64_t) {
    return true;
  };

 private:
  static FakeEngine& self(const stoq_call* call) { return *static_cast<FakeEngine*>(call->ctx); }

  template <class Table>
  static const Table& role(const char* id) {
    return *static_cast<const Table*>(stoq_plugin_entry_v0.get_extension(id));
  }

  static stoq_status option(const stoq_host* host, stoq_str name, stoq_value* out) {
    auto& options = static_cast<FakeEngine*>(host->ctx)->options_;
    for (const stoq_option* const* at = stoq_plugin_entry_v0.options; *at; ++at) {
      if ((*at)->name != sdk::view(name)) continue;
      auto found = options.find((*at)->name);
      if (found == options.end() && (*at)->default_text)
        found = options.emplace((*at)->name, (*at)->default_text).first;
      out->kind = STOQ_VALUE_UNSET;
      if (found == options.end()) return STOQ_OK;
      out->kind = (*at)->kind == STOQ_OPTION_BOOLEAN ? STOQ_VALUE_BOOLEAN : STOQ_VALUE_TEXT;
      out->integer = found->second == "true";
      out->text = sdk::str(found->second);
      return STOQ_OK;
    }
    return STOQ_INVALID;
  }

  std::map<std::string, std::string> options_;
  stoq_host host_{};
  stoq_call_api api_{};
  stoq_call call_{};
  void* plugin_ = nullptr;
};

}  // namespace stoq::plugins::filedir
