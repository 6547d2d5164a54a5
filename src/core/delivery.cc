// SPDX-License-Identifier: Apache-2.0
//
// What becomes of a response: decorators, then connectors.
#include "core/answer.h"
#include "core/deliver_reply.h"
#include "core/engine.h"
#include "json/canonical.h"

namespace stoq {
namespace {

// The answer of a decorator: a result of its own, and what it has to say about it.
class DecorateReply final : public SilentReply {
 public:
  DecorateReply(StoqResponse& response, const std::string& name, const Settings& settings)
      : response_(response), name_(name), settings_(settings) {}

  bool result(std::string_view json) override {
    std::string text;
    const json::Outcome outcome = json::canonicalise(
        json, text,
        {.max_size = settings_.max_result_size, .max_depth = settings_.max_result_depth});
    if (!outcome) {
      record("StoqException", "its result was refused: " + outcome.message);
      limit(limit_name(outcome.fault), 1);
      return false;
    }
    result_ = std::move(text);
    return true;
  }
  void error(std::string_view text) override { add(clipped(text, settings_.max_error_size)); }
  void failed(Failure failure, std::string_view type, std::string_view text) override {
    record(type, clipped(text, settings_.max_error_size));
    limit(limit_name(failure), std::nullopt);
  }

  // Once the decorator has seen the response as it was.
  void keep() {
    for (std::string& text : errors_) response_.errors.add(name_, std::move(text));
    if (dropped_ > 0)
      response_.errors.add(name_, failure_text("decorator", name_, "StoqException",
                                               "it gave " + std::to_string(dropped_) +
                                                   " more errors, which were left out"));
    if (!result_.empty() && result_ != "null")
      response_.decorators.set(name_, Json::from_canonical(std::move(result_)));
  }

 private:
  static constexpr size_t kErrors = 100;

  void record(std::string_view type, std::string_view text) {
    add(failure_text("decorator", name_, type, text));
  }
  void add(std::string text) {
    if (errors_.size() < kErrors)
      errors_.push_back(std::move(text));
    else
      ++dropped_;
  }
  void limit(std::string_view name, std::optional<uint64_t> left_out) {
    if (name.empty()) return;
    for (LimitRecord& record : response_.limits)
      if (record.limit == name && record.plugin == name_ && record.payload.empty()) {
        if (record.left_out && left_out) *record.left_out += *left_out;
        return;
      }
    response_.limits.push_back({std::string(name), "", name_, left_out, 1});
  }

  StoqResponse& response_;
  const std::string& name_;
  const Settings& settings_;
  std::string result_;
  std::vector<std::string> errors_;
  uint64_t dropped_ = 0;
};

}  // namespace

void Engine::decorate(Instance& decorator, const Settings& settings, StoqResponse& response) {
  DecorateReply reply(response, decorator.info().name, settings);
  const std::string text = response.dumps(0);
  Input input;
  input.response = &response;
  input.response_text = text;
  input.scan_id = response.scan_id;
  decorator.call(Op::decorate, input, reply);
  reply.keep();
}

std::string Engine::save(Instance& connector, const StoqResponse& response, std::string_view text) {
  DeliverReply reply;
  Input input;
  input.response = &response;
  input.response_text = text;
  input.scan_id = response.scan_id;
  connector.call(Op::save, input, reply);
  return reply.problem;
}

void Engine::decorate(const Generation& generation, StoqResponse& response) {
  for (const std::shared_ptr<Instance>& decorator : generation.decorators)
    decorate(*decorator, *generation.settings, response);
}

Engine::Failures Engine::save_all(Instances& connectors, const StoqResponse& response) {
  Failures failures;
  if (connectors.empty()) return failures;
  const std::string text = response.dumps(0);
  std::erase_if(connectors, [&](const std::shared_ptr<Instance>& connector) {
    std::string problem = save(*connector, response, text);
    if (problem.empty()) return true;
    failures.emplace_back(connector->info().name, std::move(problem));
    return false;
  });
  return failures;
}

void Engine::tell(const Failures& failures, StoqResponse& response) {
  for (const auto& [name, problem] : failures) {
    STOQ_LOG(
        logger_, LogLevel::error,
        "Failed to save results of scan " + response.scan_id + " using " + name + ": " + problem);
    response.errors.add(name, "connector:failed to save: " + name + " ; " + problem);
  }
}

}  // namespace stoq
