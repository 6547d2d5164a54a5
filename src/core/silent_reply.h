// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/instance.h"

namespace stoq {

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

 private:
  ExtractionMeter meter_{ExtractionLimits{.children = 0}, 0};
};

}  // namespace stoq
