// SPDX-License-Identifier: Apache-2.0
//
// A connector in this process.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/deliver_reply.h"
#include "loader/native.h"
#include "stoq/exceptions.h"
#include "stoq/sdk/json.h"

namespace stoq::test {

using OptionList = std::vector<std::pair<std::string, std::string>>;

// Where a connector's answer goes: why the response is not safe, or nothing.
struct SaveAnswer : DeliverReply {
  bool cancelled() override { return cancel.load(); }
  int64_t time_left() override {
    if (!until) return INT64_MAX;
    const auto left = *until - std::chrono::steady_clock::now();
    return std::max<int64_t>(0,
                             std::chrono::duration_cast<std::chrono::milliseconds>(left).count());
  }
  void grant(std::chrono::milliseconds time) { until = std::chrono::steady_clock::now() + time; }

  std::atomic<bool> cancel = false;
  std::optional<std::chrono::steady_clock::time_point> until;
};

// With its options as stoq.cfg would give them.
class Connector {
 public:
  Connector(const std::string& name, const OptionList& options) {
    PluginSpec spec;
    spec.name = name;
    spec.folder = std::string(STOQ_PLUGINS) + "/" + name;
    spec.module = spec.folder + "/" + name + ".so";
    for (const auto& [option, value] : options) spec.options.arguments[option] = {value, "test"};
    instance_ =
        load_native(spec, [this](LogLevel, std::string_view line) { log.emplace_back(line); });
  }

  // "" when it is saved, or the error.
  std::string save(std::string_view response) { return save(response, answer); }
  std::string save(std::string_view response, SaveAnswer& to) {
    to.problem.clear();
    const std::string scan_id = sdk::JsonView(response)["scan_id"].string_or("");
    Input input;
    input.response_text = response;
    input.scan_id = scan_id;
    instance_->call(Op::save, input, to);
    return to.problem;
  }

  std::vector<std::string> log;
  SaveAnswer answer;

 private:
  std::shared_ptr<Instance> instance_;
};

// What loading says against these options.
inline std::string refusal(const std::string& name, const OptionList& options) {
  try {
    Connector connector(name, options);
  } catch (const StoqPluginException& e) {
    return e.what();
  }
  return "";
}

}  // namespace stoq::test
