// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "host/host_group.h"

namespace stoq {

// The one host of a plugin that is there once (connectors, archivers, decorators, providers):
// several calls may be open at a time, and a thread of its own sorts what comes back. Starts anew
// when it has ended. [thread-safe]
class SharedHost {
 public:
  explicit SharedHost(HostGroup& group) : group_(group) {}
  ~SharedHost();

  void call(Op op, Input& input, BatchItem item, uint32_t plugin, double deadline);
  void outcome(uint32_t plugin, uint64_t token, Outcome what, std::string_view reason);

 private:
  struct Life;
  class CallPeer;
  std::shared_ptr<Life> live();

  HostGroup& group_;
  std::mutex turn_;  // held by the call that the host is at work on, providers apart
  std::mutex mutex_;
  std::shared_ptr<Life> life_;
};

}  // namespace stoq
