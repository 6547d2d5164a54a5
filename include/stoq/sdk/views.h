// SPDX-License-Identifier: Apache-2.0
//
// C++ views over the ABI: the host, a payload, a call. They own nothing and are as short-lived as
// what they wrap.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "stoq/abi/plugin.h"
#include "stoq/sdk/json.h"

namespace stoq::sdk {

// What a plugin throws when it must give up; any other exception is reported under its own type.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Thrown by nobody but the extraction helpers when the engine wants no more; the trampolines turn
// it into a quiet return.
struct Stopped {};

inline std::string_view view(stoq_str s) {
  return {s.data ? s.data : "", s.size};
}
inline stoq_str str(std::string_view s) {
  return {s.data(), s.size()};
}
inline stoq_bytes bytes(std::span<const uint8_t> b) {
  return {b.data(), b.size()};
}

// The engine as seen by an instance for its whole life. Copyable; [thread-safe].
class Host {
 public:
  explicit Host(const stoq_host* host) : host_(host) {}

  std::string_view name() const { return view(host_->name); }
  std::string_view folder() const { return view(host_->folder); }
  std::string_view tmp() const { return view(host_->tmp); }
  // A directory that outlives the process, for journals; empty when there is none.
  std::string_view state() const { return view(host_->state); }
  // A relative path as the plugin's folder sees it; an absolute one as it is.
  std::string path(std::string_view relative) const {
    if (relative.starts_with('/')) return std::string(relative);
    return std::string(folder()) + "/" + std::string(relative);
  }

  // Options are declared with their type; asking for another type is a slip of the author and
  // throws std::logic_error.
  bool boolean(std::string_view name) const { return get(name, STOQ_VALUE_BOOLEAN).integer != 0; }
  int64_t integer(std::string_view name) const { return get(name, STOQ_VALUE_INTEGER).integer; }
  double number(std::string_view name) const { return get(name, STOQ_VALUE_NUMBER).number; }
  std::string text(std::string_view name) const {
    return std::string(view(get(name, STOQ_VALUE_TEXT).text));
  }
  std::vector<std::string> list(std::string_view name) const {
    const stoq_value value = get(name, STOQ_VALUE_LIST);
    std::vector<std::string> out;
    for (size_t i = 0; i < value.list_size; ++i) out.emplace_back(view(value.list[i]));
    return out;
  }
  // The text of an option, declared or not; nothing when no layer sets it.
  std::optional<std::string> find(std::string_view name) const {
    stoq_value value{};
    value.struct_size = sizeof value;
    if (host_->option(host_, str(name), &value) != STOQ_OK || value.kind == STOQ_VALUE_UNSET)
      return std::nullopt;
    return std::string(view(value.text));
  }

  void log(int severity, std::string_view line) const { host_->log(host_, severity, str(line)); }
  void info(std::string_view line) const { log(STOQ_LOG_INFO, line); }
  void warning(std::string_view line) const { log(STOQ_LOG_WARNING, line); }

  const stoq_host* raw() const { return host_; }

 private:
  stoq_value get(std::string_view name, uint32_t kind) const {
    stoq_value value{};
    value.struct_size = sizeof value;
    if (host_->option(host_, str(name), &value) != STOQ_OK || value.kind != kind)
      throw std::logic_error("option '" + std::string(name) +
                             "' has no value of the type asked for");
    return value;
  }
  const stoq_host* host_;
};

class Call;

// One payload under scrutiny.
class Payload {
 public:
  Payload(const stoq_payload* payload, const stoq_call* call) : payload_(payload), call_(call) {}

  std::span<const uint8_t> content() const {
    return {payload_->content.data, payload_->content.size};
  }
  std::string_view text() const {
    return {reinterpret_cast<const char*>(payload_->content.data), payload_->content.size};
  }
  size_t size() const { return payload_->content.size; }
  std::span<const uint8_t, 32> sha256() const {
    return std::span<const uint8_t, 32>(payload_->sha256, 32);
  }
  unsigned level() const { return payload_->level; }

  std::string_view payload_id() const { return fact(STOQ_FACT_PAYLOAD_ID); }
  std::string_view extracted_from() const { return fact(STOQ_FACT_EXTRACTED_FROM); }
  std::string_view extracted_by() const { return fact(STOQ_FACT_EXTRACTED_BY); }
  JsonView payload_meta() const { return JsonView(fact(STOQ_FACT_PAYLOAD_META)); }
  JsonView extra_data() const { return payload_meta()["extra_data"]; }
  JsonView request_meta() const { return JsonView(fact(STOQ_FACT_REQUEST_META)); }
  JsonView dispatch_meta() const { return JsonView(fact(STOQ_FACT_DISPATCH_META)); }
  JsonView deep_dispatch_meta() const { return JsonView(fact(STOQ_FACT_DEEP_DISPATCH_META)); }
  JsonView results() const { return JsonView(fact(STOQ_FACT_RESULTS)); }
  JsonView ancestors() const { return JsonView(fact(STOQ_FACT_ANCESTORS)); }
  // The names of the plugins already run on this payload, round by round.
  JsonView plugins_run() const { return JsonView(fact(STOQ_FACT_PLUGINS_RUN)); }
  // The newest result of another worker on this payload; missing when it has not run or the
  // manifest does not ask for it.
  JsonView result_of(std::string_view plugin) const {
    JsonView found;
    for (JsonView round : results().elements()) {
      const JsonView result = round[plugin];
      if (result.kind() != JsonKind::missing) found = result;
    }
    return found;
  }

 private:
  std::string_view fact(uint32_t which) const { return view(call_->api->fact(call_, which)); }
  const stoq_payload* payload_;
  const stoq_call* call_;
};

// Where a plugin puts what it found. One thread, one call.
class Call {
 public:
  explicit Call(const stoq_call* call) : call_(call) {}

  void result(std::string_view json) { call_->api->result(call_, str(json)); }
  void result(const JsonWriter& json) { result(json.str()); }
  void error(std::string_view text) { call_->api->error(call_, str(text)); }
  // Worker: a further round on this payload. Dispatcher: a worker's name and its dispatch meta (a
  // JSON object).
  void dispatch(std::string_view plugin, std::string_view meta = {}) {
    call_->api->dispatch(call_, str(plugin), str(meta));
  }
  void set_payload_meta(std::string_view json) {
    check(call_->api->set_payload_meta(call_, str(json)));
  }
  void set_request_meta(std::string_view json) {
    check(call_->api->set_request_meta(call_, str(json)));
  }
  bool cancelled() const { return call_->api->cancelled(call_) != 0; }
  int64_t time_left() const { return call_->api->time_left(call_); }  // milliseconds
  int content_fd() const { return call_->api->content_fd(call_); }

  // Extraction as a stream. false: the engine takes no more, wind up.
  bool begin(std::string_view payload_meta = "{}") {
    return go(call_->api->extract_begin(call_, str(payload_meta)));
  }
  bool meta(std::string_view payload_meta) {
    return go(call_->api->extract_meta(call_, str(payload_meta)));
  }
  bool write(std::span<const uint8_t> chunk) {
    return go(call_->api->extract_write(call_, bytes(chunk)));
  }
  bool end(bool keep = true) { return go(call_->api->extract_end(call_, keep ? 1 : 0)); }
  bool extract(std::span<const uint8_t> content, std::string_view payload_meta = "{}") {
    return begin(payload_meta) && write(content) && end();
  }

  // Connectors, decorators, archivers.
  std::string_view response() const { return view(call_->api->fact(call_, STOQ_FACT_RESPONSE)); }
  std::string_view scan_id() const { return view(call_->api->fact(call_, STOQ_FACT_SCAN_ID)); }
  JsonView task() const { return JsonView(view(call_->api->fact(call_, STOQ_FACT_TASK))); }

  // Providers. false: the engine ends intake.
  bool put_payload(std::span<const uint8_t> content, std::string_view payload_meta, uint64_t token,
                   std::string_view request_meta = {}) {
    return go(call_->api->put_payload(call_, bytes(content), str(payload_meta), str(request_meta),
                                      token));
  }
  bool put_file(int fd, std::string_view payload_meta, uint64_t token,
                std::string_view request_meta = {}) {
    return go(call_->api->put_file(call_, fd, str(payload_meta), str(request_meta), token));
  }
  bool put_task(std::string_view task, uint64_t token, std::string_view request_meta = {}) {
    return go(call_->api->put_task(call_, str(task), str(request_meta), token));
  }
  // How many items it will have put in all, as far as it can tell now: for those who watch. An
  // older engine is not told.
  void expect(uint64_t items) {
    const stoq_call_api& api = *call_->api;
    if (api.struct_size > offsetof(stoq_call_api, expect) && api.expect) api.expect(call_, items);
  }

  const stoq_call* raw() const { return call_; }

 private:
  static bool go(stoq_status status) {
    check(status);
    return status == STOQ_OK;
  }
  static void check(stoq_status status) {
    if (status == STOQ_INVALID)
      throw Error(
          "the engine refused an answer that makes no sense here (not JSON, or out of order)");
    if (status == STOQ_UNSUPPORTED)
      throw Error("the engine does not offer this to a plugin of this role");
    if (status == STOQ_FAILED) throw Error("the engine could not take the answer");
  }
  const stoq_call* call_;
};

}  // namespace stoq::sdk
