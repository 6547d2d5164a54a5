// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "config/discover.h"
#include "core/log.h"
#include "core/settings.h"
#include "host/remote.h"

namespace stoq {

// Where the packaged plugins of a generation come from: settings and manifests as they were read
// when it began, and the hosts that its plugins live in. [thread-safe]
class PluginSource {
 public:
  using MakePlugin = std::function<MadePlugin(const std::string& name)>;
  // `warnings` get what is odd about manifests, and options of plugins that are not there.
  PluginSource(std::shared_ptr<const Settings> settings, std::shared_ptr<RootTemplate> root,
               std::shared_ptr<RootTemplate> python, Logger& logger, MakePlugin make,
               std::vector<std::string>& warnings);

  const std::shared_ptr<const Settings>& settings() const { return settings_; }
  const config::Manifests& manifests() const { return manifests_; }
  // What arguments, or else stoq.cfg, say of a plugin, over its manifest.
  std::optional<config::Source> setting(const std::string& plugin, const char* name) const;

  // The one instance of that plugin, made when nobody has it. StoqPluginNotFound,
  // StoqPluginException; what failed once is not tried again.
  std::shared_ptr<Instance> get(std::string_view name);

 private:
  void warn_of_strangers(std::vector<std::string>& warnings) const;
  std::shared_ptr<Instance> of_the_program(std::string_view name) const;
  std::shared_ptr<Instance> instantiate(const config::Manifest& manifest);
  PluginSpec spec_of(const config::Manifest& manifest) const;
  // An option of a plugin that is the engine's; StoqPluginException when malformed.
  std::optional<config::Value> engine_option(const std::string& plugin, const char* name,
                                             config::OptionSpec spec) const;
  // How it is kept apart; nothing: it is not.
  std::optional<IsolationPolicy> isolation_of(const config::Manifest& manifest,
                                              const PluginSpec& spec) const;
  void describe_sandbox(const config::Manifest& manifest, const PluginSpec& spec,
                        sandbox::Spec& sandbox) const;
  // Said once for each thing; StoqPluginException where the settings require all of it.
  void lacks(const sandbox::Missing& missing);

  const std::shared_ptr<const Settings> settings_;
  Logger& logger_;
  const MakePlugin make_;
  const config::Manifests manifests_;
  HostService hosts_;
  std::mutex lacking_mutex_;
  std::set<std::string> lacking_;  // of the sandbox, what was said
  std::mutex mutex_;
  std::map<std::string, std::weak_ptr<Instance>, std::less<>> made_;
  std::map<std::string, std::string, std::less<>> failed_;  // and why
};

}  // namespace stoq
