// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "fuzz/target.h"
#include "plugins/office/sink.h"
#include "stoq/sdk/json.h"

namespace stoq::fuzz {

// Counts what the parsers of Office's files give, and takes no more than the engine would of so small
// an input.
class OfficeSink final : public plugins::office::Sink {
 public:
  // `asked`: how often it may be asked before time is up.
  explicit OfficeSink(std::size_t asked = 100'000) : left_(asked) {}
  bool give(plugins::office::Bytes content, const std::string& meta) override {
    must(sdk::valid_utf8(meta) && sdk::JsonView(meta).kind() == sdk::JsonKind::object);
    total_ += content.size();
    return ++payloads_ < kMostPayloads && total_ < kMostBytes;
  }
  bool cancelled() override { return left_ == 0 || --left_ == 0; }

 protected:
  void tell(const std::string& text) override { must(!text.empty()); }

 private:
  static constexpr std::size_t kMostPayloads = 10'000, kMostBytes = 64 << 20;
  std::size_t payloads_ = 0, total_ = 0, left_;
};

inline void must_be_a_result(const std::string& json) {
  must(json.empty() || sdk::JsonView(json).kind() == sdk::JsonKind::object);
}

}  // namespace stoq::fuzz
