// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/instance.h"

namespace stoq {

// The answer of a connector: nothing, or why the response is not safe with it.
class DeliverReply : public Reply {
 public:
  bool result(std::string_view) override { return true; }
  void error(std::string_view text) override { add(text); }
  void failed(Failure, std::string_view type, std::string_view text) override {
    add(std::string(type) + ": " + std::string(text));
  }
  bool extract_begin(std::string_view) override { return false; }
  void extract_write(Bytes) override {}
  bool extract_meta(std::string_view) override { return false; }
  void extract_end(bool) override {}
  ExtractionMeter& meter() override { return meter_; }
  bool dispatch(std::string_view, std::string_view) override { return false; }
  bool set_payload_meta(std::string_view) override { return false; }
  bool set_request_meta(std::string_view) override { return false; }
  bool cancelled() override { return false; }

  std::string problem;

 private:
  void add(std::string_view text) {
    if (problem.size() < (64 << 10)) problem.append(problem.empty() ? "" : "; ").append(text.substr(0, 64 << 10));
  }
  ExtractionMeter meter_{ExtractionLimits{.children = 0}, 0};
};

}  // namespace stoq
