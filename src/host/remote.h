// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "host/host_group.h"

namespace stoq {

// How a plugin is kept apart.
struct IsolationPolicy {
  std::string trust;  // plugins of different trust never share a host
  bool fresh = false;
  double deadline = 60;  // seconds
  uint64_t memory = uint64_t{2} << 30;
};

// The host processes of one Stoq. [thread-safe]; outlived by nothing that it has loaded.
class HostService {
 public:
  HostService(std::string program, HostLimits limits, Conversation::Log log);
  ~HostService();
  // Loads a packaged native plugin into a host process. StoqPluginException, StoqException.
  std::shared_ptr<Instance> load(const PluginSpec& spec, const IsolationPolicy& policy);

 private:
  std::shared_ptr<TemplateClient> root();
  std::shared_ptr<HostGroup> group(const std::string& key, const IsolationPolicy& policy);

  std::string program_;
  HostLimits limits_;
  Conversation::Log log_;
  std::mutex mutex_;
  std::shared_ptr<TemplateClient> root_;
  std::map<std::string, std::shared_ptr<HostGroup>> groups_;
};

}  // namespace stoq
