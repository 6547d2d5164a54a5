// SPDX-License-Identifier: Apache-2.0
//
// Plugins as objects for tests of the engine.
#pragma once

#include <cstring>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "stoq/stoq.h"

namespace stoq::test {

class FunctionWorker final : public WorkerPlugin {
 public:
  using Function = std::function<WorkerResponse(Payload&, Request&)>;
  explicit FunctionWorker(Function function) : function_(std::move(function)) {}
  WorkerResponse scan(Payload& payload, Request& request) override {
    return function_(payload, request);
  }

 private:
  Function function_;
};

class FunctionDispatcher final : public DispatcherPlugin {
 public:
  using Function = std::function<DispatcherResponse(Payload&, Request&)>;
  explicit FunctionDispatcher(Function function) : function_(std::move(function)) {}
  DispatcherResponse get_dispatches(Payload& payload, Request& request) override {
    return function_(payload, request);
  }

 private:
  Function function_;
};

inline void add_worker(Stoq& s, const std::string& name, FunctionWorker::Function function,
                       PluginTraits traits = {.extracts = true}) {
  s.add_plugin(name, std::make_shared<FunctionWorker>(std::move(function)), std::move(traits));
}

inline std::string text(const Payload& payload) {
  const Bytes content = payload.content();
  return {reinterpret_cast<const char*>(content.data()), content.size()};
}

// A container: 'N', then each member as four bytes of size and its bytes. Anything else has no
// members.
inline std::string pack(const std::vector<std::string>& members) {
  std::string out = "N";
  for (const std::string& member : members) {
    const auto size = static_cast<uint32_t>(member.size());
    out.append(reinterpret_cast<const char*>(&size), sizeof size).append(member);
  }
  return out;
}

inline std::vector<std::string> unpack(std::string_view text) {
  std::vector<std::string> members;
  if (text.empty() || text[0] != 'N') return members;
  text.remove_prefix(1);
  while (text.size() >= 4) {
    uint32_t size;
    std::memcpy(&size, text.data(), sizeof size);
    if (size > text.size() - 4) break;
    members.emplace_back(text.substr(4, size));
    text.remove_prefix(4 + size);
  }
  return members;
}

inline WorkerResponse unpack_worker(Payload& payload, Request&) {
  WorkerResponse response;
  int index = 0;
  for (std::string& member : unpack(text(payload)))
    response.extracted.push_back({std::move(member), {.extra_data = Json{{"index", index++}}}});
  if (index > 0) response.results = Json{{"members", index}};
  return response;
}

inline WorkerResponse size_worker(Payload& payload, Request&) {
  return {.results = Json{{"size", payload.size()}}};
}

inline const std::vector<std::string>& errors_of(const StoqResponse& r, std::string_view name) {
  static const std::vector<std::string> none;
  const auto* found = r.errors.find(name);
  return found ? *found : none;
}

inline std::vector<std::string> limits_of(const StoqResponse& r) {
  std::vector<std::string> all;
  for (const LimitRecord& l : r.limits)
    all.push_back(l.limit + ":" + l.plugin + ":" +
                  (l.left_out ? std::to_string(*l.left_out) : "null"));
  return all;
}

// Options of an engine that looks at nothing on this machine and says nothing.
struct QuietSink final : LogSink {
  void write(const LogRecord& record) override {
    lines.push_back(std::string(name_of(record.level)) + " " + std::string(record.logger) + ": " +
                    std::string(record.message));
  }
  std::vector<std::string> lines;
};
// A log that may be read while it is written.
struct Lines final : LogSink {
  void write(const LogRecord& record) override {
    const std::lock_guard lock(mutex);
    lines.push_back(std::string(name_of(record.level)) + " " + std::string(record.message));
  }
  std::vector<std::string> with(std::string_view part) {
    const std::lock_guard lock(mutex);
    std::vector<std::string> found;
    for (const std::string& line : lines)
      if (line.find(part) != line.npos) found.push_back(line);
    return found;
  }
  std::mutex mutex;
  std::vector<std::string> lines;
};

inline StoqOptions quiet(std::map<std::string, std::string> core = {}) {
  StoqOptions o;
  o.base_dir = "/dev/null/stoq-test";  // nothing can be made there, not even by root
  o.log_dir = "";
  o.core["spool_dir"] = "";
  o.log_sink = std::make_shared<QuietSink>();
  for (auto& [key, value] : core) o.core[key] = OptionText(value);
  return o;
}

}  // namespace stoq::test
