// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "archives/member.h"
#include "stoq/sdk/views.h"

namespace stoq::plugins::archives {

/// What every member's payload gets.
struct PayloadShape {
  std::vector<std::string> dispatch_to;
  bool should_archive;
};

/// Members become payloads as they are read. One call, one thread.
class Extraction final : public Sink {
 public:
  Extraction(sdk::Call& call, const PayloadShape& shape, double timeout_seconds);

  Flow begin(const Member& member) override;
  Flow data(std::span<const std::uint8_t> bytes) override;
  Flow end(bool complete) override;
  bool cancelled() override;

  /// Takes the open member back, if there is one: nothing of it was worth giving.
  void drop();
  bool timed_out() const { return timed_out_; }
  bool called_off() const { return called_off_; }  // by the engine
  bool stopped() const { return stopped_; }
  /// Milliseconds, 0 when the time is over: of the timeout, or of what the engine grants.
  std::int64_t time_left();

 private:
  using Clock = std::chrono::steady_clock;

  Flow flow(bool go_on);

  sdk::Call& call_;
  const PayloadShape& shape_;
  Clock::time_point until_;
  Member member_;
  std::uint64_t written_ = 0;
  bool open_ = false, stopped_ = false, timed_out_ = false, called_off_ = false;
};

/// The result of a plugin that unpacks, as JSON.
std::string result_of(const Report& report);

/// Gives the report to the call: errors, a time that was over, the result.
void give(const Report& report, const Extraction& extraction, sdk::Call& call);

/// What the one member of a compressed file is called that does not tell: the payload's own name
/// without the ending. May be empty.
std::string suggested_name(const sdk::Payload& payload);

}  // namespace stoq::plugins::archives
