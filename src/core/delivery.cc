// SPDX-License-Identifier: Apache-2.0
//
// What becomes of a response: decorators, then connectors.
#include "core/answer.h"
#include "core/deliver_reply.h"
#include "core/engine.h"
#include "core/response_text.h"
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
  void extract_stopped() override {
    record("StoqException", "it gave a payload, which only workers may");
  }
  void failed(Failure failure, std::string_view type, std::string_view text) override {
    record(type, clipped(text, settings_.max_error_size));
    limit(limit_name(failure), std::nullopt);
  }

  // Once the decorator has seen the response as it was.
  void keep() {
    for (std::string& text : errors_) response_.errors.add(name_, std::move(text));
    if (dropped_ > 0) {
      limit("max_errors", dropped_);
      response_.errors.add(name_, failure_text("decorator", name_, "StoqException",
                                               "it gave " + std::to_string(dropped_) +
                                                   " more errors, which were left out"));
    }
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

void Engine::decorate(Instance& decorator, const Settings& settings, StoqResponse& response,
                      Stopped stopped) {
  DecorateReply reply(response, decorator.info().name, settings);
  reply.until(stopped);
  const std::string text = response.dumps(0);
  Input input;
  input.response = &response;
  input.response_text = text;
  input.scan_id = response.scan_id;
  decorator.call(Op::decorate, input, reply);
  reply.keep();
}

std::string Engine::save(Instance& connector, const StoqResponse& response, std::string_view text,
                         Stopped stopped, std::string_view* limit) {
  DeliverReply reply;
  reply.until(stopped);
  if (const std::string_view why = reply.over(); !why.empty())
    return "it was not called: " + std::string(why);
  Input input;
  input.response = &response;
  input.response_text = text;
  input.scan_id = response.scan_id;
  connector.call(Op::save, input, reply);
  if (limit) *limit = reply.limit;
  return reply.problem;
}

void Engine::decorate(const Generation& generation, StoqResponse& response, Stopped stopped) {
  for (const std::shared_ptr<Instance>& decorator : generation.decorators)
    if (!stopped || !*stopped) decorate(*decorator, *generation.settings, response, stopped);
}

Engine::Failures Engine::save_all(Instances& connectors, const StoqResponse& response,
                                  std::string_view text, Stopped stopped) {
  Failures failures;
  std::erase_if(connectors, [&](const std::shared_ptr<Instance>& connector) {
    std::string_view limit;
    std::string problem = save(*connector, response, text, stopped, &limit);
    if (problem.empty()) return true;
    failures.push_back({connector->info().name, std::move(problem), limit});
    return false;
  });
  return failures;
}

void Engine::keep(Failures& failures, Instances& connectors, const StoqResponse& response,
                  std::string_view text, unsigned attempts) {
  std::erase_if(failures, [&](SaveFailure& failure) {
    if (spool_.off()) return false;
    const Spool::Put put = spool_.put({.connector = failure.connector,
                                       .scan_id = response.scan_id,
                                       .error = failure.problem,
                                       .attempts = attempts},
                                      text);
    failure.not_kept =
        put.problem.empty() ? "" : "not kept in " + spool_.dir() + ": " + put.problem;
    failure.never = put.never;
    if (!put.problem.empty()) return false;
    STOQ_LOG(logger_, LogLevel::warning,
             "Results of scan " + response.scan_id + " are not saved using " + failure.connector +
                 " and lie in the spool as " + put.name + ": " + failure.problem);
    std::erase_if(connectors, [&](const auto& connector) {
      return connector->info().name == failure.connector;
    });
    return true;
  });
}

void Engine::save_and_keep(Instances connectors, StoqResponse& response) {
  if (connectors.empty()) return;
  const std::string text = response.dumps(0);
  Failures failures = save_all(connectors, response, text);
  for (const SaveFailure& failure : failures) {
    response.errors.add(failure.connector,
                        "connector:failed to save: " + failure.connector + " ; " + failure.problem);
    if (!failure.limit.empty())
      response.limits.push_back(
          {std::string(failure.limit), "", failure.connector, std::nullopt, 1});
  }
  keep(failures, connectors, response, text, 1);
  for (const SaveFailure& failure : failures) {
    STOQ_LOG(logger_, LogLevel::error,
             "Failed to save results of scan " + response.scan_id + " using " + failure.connector +
                 ": " + failure.problem +
                 (failure.not_kept.empty() ? "" : "; " + failure.not_kept));
    if (!failure.not_kept.empty())
      response.errors.add("stoq", "spool: for " + failure.connector + " ; " + failure.not_kept);
  }
}

std::pair<Engine::Redelivered, std::string> Engine::redeliver(Instance& connector,
                                                              const std::string& name,
                                                              Stopped stopped) {
  Spool::Claimed claimed = spool_.claim(name);
  if (!claimed.problem.empty())
    return {claimed.passing ? Redelivered::unreachable : Redelivered::broken, claimed.problem};
  if (!claimed.claim)
    return {Redelivered::elsewhere,
            claimed.gone ? "it is not there any more" : "another process is at it"};
  SpoolClaim& claim = *claimed.claim;
  std::string text;
  // Deeper than any result: the response stands around them.
  const json::Limits limits{.max_size = UINT32_MAX, .max_depth = 10'100};
  if (const json::Outcome outcome = json::canonicalise(claim.response(), text, limits); !outcome)
    return {Redelivered::broken, "its response is no JSON: " + outcome.message};
  StoqResponse response;
  if (const std::string problem = read_response(text, response); !problem.empty())
    return {Redelivered::broken, "its response is none: " + problem};
  if (response.scan_id != claim.header().scan_id)
    return {Redelivered::broken, "its response is of another scan than its header"};
  std::string problem = save(connector, response, text, stopped);
  if (!problem.empty()) {
    if (!stopped || !*stopped) claim.failed(problem);  // else it may not have been called
    return {Redelivered::failed, std::move(problem)};
  }
  if (std::string left = claim.take_out(); !left.empty())
    return {Redelivered::broken, "it is saved, but " + left};
  STOQ_LOG(logger_, LogLevel::info,
           "Results of scan " + response.scan_id + " are saved using " + connector.info().name +
               " out of the spool: " + name);
  return {Redelivered::saved, ""};
}

}  // namespace stoq
