// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "core/instance.h"

namespace stoq {

inline constexpr std::string_view kCutShort =
    "the run was stopped, and the time to drain it was over";

// A reply that takes no part of an answer: what the few calls that give something derive from.
class SilentReply : public Reply {
 public:
  bool result(std::string_view) override { return false; }
  void error(std::string_view) override {}
  void failed(Failure, std::string_view, std::string_view) override {}
  bool extract_begin(std::string_view) override { return false; }
  void extract_write(Bytes) override {}
  bool extract_meta(std::string_view) override { return false; }
  void extract_end(bool) override {}
  ExtractionMeter& meter() override { return meter_; }
  bool dispatch(std::string_view, std::string_view) override { return false; }
  bool set_payload_meta(std::string_view) override { return false; }
  bool set_request_meta(std::string_view) override { return false; }
  bool cancelled() override { return false; }
  std::string_view over() override { return stopped_ && *stopped_ ? kCutShort : Reply::over(); }
  // A call that has not begun by then is not made.
  void until(const std::atomic<bool>* stopped) { stopped_ = stopped; }

 private:
  const std::atomic<bool>* stopped_ = nullptr;
  ExtractionMeter meter_{ExtractionLimits{.children = 0}, 0};
};

}  // namespace stoq
