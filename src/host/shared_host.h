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
// a provider's call stays open beside one of another kind, and a thread of its own sorts what comes
// back. Starts anew when it has ended. [thread-safe]
class SharedHost {
 public:
  // `patience`, in seconds, is had with a host that does not listen while its plugin runs.
  SharedHost(HostGroup& group, std::string name, double patience)
      : group_(group), name_(std::move(name)), patience_(patience) {}
  ~SharedHost();

  void call(BatchItem item, uint32_t plugin, double deadline);
  void outcome(uint32_t plugin, uint64_t token, Outcome what, std::string_view reason);

 private:
  struct Life;
  class CallPeer;
  std::shared_ptr<Life> live();
  void tell(Life& life, wire::Header header, std::string_view body);
  void watch(Life& life);
  void end_deaf(Life& life);
  void see_off(Life& life, std::unique_lock<std::mutex>& lock);

  bool take_turn(BatchItem item);
  void end_turn();

  HostGroup& group_;
  const std::string name_;
  const double patience_;
  // The host works at one call, so that none pays for others; providers go on beside it.
  std::mutex turn_mutex_;
  std::condition_variable turn_ended_;
  bool at_work_ = false;
  std::mutex mutex_;
  std::shared_ptr<Life> life_;
};

}  // namespace stoq
