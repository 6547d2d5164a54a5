// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "host/host_group.h"

namespace stoq {

// How a plugin is kept apart.
struct IsolationPolicy {
  std::string trust;  // plugins of different trust never share a host
  bool fresh = false;
  double deadline = 60;  // seconds
  sandbox::Spec sandbox;
  bool marked =
      true;  // false: the manifest gives no profile; then only workers and dispatchers are
             // confined
  bool python = false;  // its module is one for stoq-pyhost
  bool single = false;  // one instance in one host, also of a worker or dispatcher
  std::optional<double> worker_deadline;  // seconds, of what is a worker
};

// The empty template that all others are forked from, started when first needed. [thread-safe]
class RootTemplate {
 public:
  explicit RootTemplate(std::string program) : program_(std::move(program)) {}
  std::shared_ptr<TemplateClient> get();

 private:
  const std::string program_;
  std::mutex mutex_;
  std::shared_ptr<TemplateClient> template_;
};

// Loads plugins into host processes; those of one trust live together. [thread-safe] Processes live
// as long as what was loaded into them.
class HostService {
 public:
  // `python`: the one for plugins written in Python, where there may be any.
  HostService(std::shared_ptr<RootTemplate> root, HostLimits limits, Conversation::Log log,
              HostGroup::Lacking lacking, std::shared_ptr<RootTemplate> python = {});
  ~HostService();
  // Loads a packaged plugin into a host process. StoqPluginException, StoqException.
  std::shared_ptr<Instance> load(const PluginSpec& spec, const IsolationPolicy& policy);

 private:
  std::shared_ptr<HostGroup> group(const PluginSpec& spec, const IsolationPolicy& policy);

  std::shared_ptr<RootTemplate> root_, python_;
  HostLimits limits_;
  Conversation::Log log_;
  HostGroup::Lacking lacking_;
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<HostGroup>> groups_;
};

}  // namespace stoq
