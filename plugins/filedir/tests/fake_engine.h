// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <unistd.h>

#include <functional>
#include <map>

#include "files/tests/fake_engine.h"

namespace stoq::plugins::filedir {

using files::Lines;

// What the plugin says is noted. Not thread-safe, but for the log.
class FakeEngine : public files::FakeEngine {
 public:
  explicit FakeEngine(const std::vector<std::string>& options)
      : files::FakeEngine("filedir", options) {
    api_.fact = [](const stoq_call* call, uint32_t which) {
      return sdk::str(self(call).facts[which]);
    };
    api_.cancelled = [](const stoq_call* call) { return self(call).cancelled ? 1 : 0; };
    api_.result = [](const stoq_call* call, stoq_str text) {
      self(call).result = sdk::view(text);
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
    create();
  }
  ~FakeEngine() { destroy(); }

  stoq_status archive(std::string_view text) {
    stoq_payload payload{};
    payload.struct_size = sizeof payload;
    payload.content = {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
    return role<stoq_archiver>(STOQ_ARCHIVER).archive(plugin_, &payload, &call_);
  }
  stoq_status save() { return role<stoq_connector>(STOQ_CONNECTOR).save(plugin_, &call_); }
  stoq_status get() { return role<stoq_archiver>(STOQ_ARCHIVER).get(plugin_, &call_); }
  Lines log() { return whole_log(); }

  std::string result, meta, content;
  std::map<uint32_t, std::string> facts;  // by STOQ_FACT_…
  bool cancelled = false;
  int kept = -1;
  size_t most = 1 << 30;
  std::function<bool(std::string meta, uint64_t token)> put = [](std::string, uint64_t) {
    return true;
  };

 private:
  static FakeEngine& self(const stoq_call* call) { return static_cast<FakeEngine&>(base(call)); }
};

}  // namespace stoq::plugins::filedir
