// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/instance.h"
#include "loader/plugin_spec.h"

namespace stoq {

// A plugin written in Python, in a host process. All of it is called without Python's lock, but for
// what is marked.
class HostedPlugin final : public Instance {
 public:
  // Loads and constructs it; with the lock. StoqPluginException says why that cannot be.
  explicit HostedPlugin(PluginSpec spec);
  ~HostedPlugin() override;

  void call(Op op, Input& input, Reply& reply) noexcept override;

  // In a new host: what it had begun in the template when it was constructed, and what does not live
  // on in a copy (threads, connections), it begins again. With the lock.
  void begin_again();

 private:
  void construct();

  const PluginSpec spec_;
  std::shared_ptr<Instance> object_;
  bool outlived_ = false;  // its construction left what a copy does not have
};

}  // namespace stoq
