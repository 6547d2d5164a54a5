// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <span>
#include <string>
#include <vector>

#include "host/call_message.h"

namespace stoq {

// What a host is asked, for the plugins of `items`: the parts that come from their inputs. Which
// plugins they are there, until when, and how much they may say, is left to be filled in.
class Question {
 public:
  explicit Question(std::span<const BatchItem> items);
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

  wire::CallMessage message;
  std::vector<const Payload*> payloads;  // of message.payloads

 private:
  struct Texts {
    std::string payload_meta, request_meta, dispatch_meta, deep_dispatch_meta, results, plugins_run,
        ancestors;
  };
  void describe(const Input& input, const PluginInfo& asking);

  std::deque<Texts> texts_;
};

}  // namespace stoq
