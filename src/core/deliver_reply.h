// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/answer.h"
#include "core/silent_reply.h"

namespace stoq {

// The answer of a connector: nothing, or why the response is not safe with it.
class DeliverReply : public SilentReply {
 public:
  bool result(std::string_view) override { return true; }
  void error(std::string_view text) override {
    add(text.empty() ? "an error without a text" : text);
  }
  void failed(Failure failure, std::string_view type, std::string_view text) override {
    limit = limit_name(failure);
    add(std::string(type) + ": " + std::string(text));
  }

  std::string problem;
  std::string_view limit;  // a name for `limits`, or ""

 private:
  void add(std::string_view text) {
    constexpr size_t kMost = 64 << 10;
    if (problem.size() < kMost)
      problem.append(problem.empty() ? "" : "; ").append(text.substr(0, kMost));
  }
};

}  // namespace stoq
