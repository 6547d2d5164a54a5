// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <forward_list>

#include "core/instance.h"
#include "stoq/abi/plugin.h"

namespace stoq {

// One call into a native plugin: the C tables over Input and Reply.
class NativeCall {
 public:
  NativeCall(const PluginInfo& info, Input& input, Reply& reply);
  ~NativeCall();
  NativeCall(const NativeCall&) = delete;
  NativeCall& operator=(const NativeCall&) = delete;

  const stoq_call* raw() const { return &call_; }
  const stoq_payload* payload() const { return &payload_; }
  bool raised() const { return raised_; }

 private:
  friend struct NativeCallApi;
  static constexpr unsigned kFacts = STOQ_FACT_TASK + 1;

  std::string_view fact(uint32_t which);
  int content_fd();

  const PluginInfo& info_;
  Input& input_;
  Reply& reply_;
  stoq_call call_;
  stoq_payload payload_{};
  std::array<std::forward_list<std::string>, kFacts> texts_;  // the newest first
  int fd_ = -1;
  bool raised_ = false;
};

}  // namespace stoq
