// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/instance.h"
#include "core/settings.h"

namespace stoq {

using Instances = std::vector<std::shared_ptr<Instance>>;

inline std::shared_ptr<Instance> find(const Instances& instances, std::string_view name) {
  for (const std::shared_ptr<Instance>& instance : instances)
    if (instance->info().name == name) return instance;
  return nullptr;
}

class PluginSource;

// Configuration, plugin instances and rules as one immutable whole: a request pins the generation
// that it began with. Loading or adding a plugin derives a new one that shares the instances; a
// reload makes one of another source, with instances of its own.
struct Generation {
  std::shared_ptr<const Settings> settings;
  std::shared_ptr<PluginSource> source;
  std::map<std::string, std::shared_ptr<Instance>, std::less<>> loaded;
  Instances providers, source_archivers, dest_archivers, connectors, dispatchers, deep_dispatchers,
      decorators;
  bool serial =
      false;  // a live object takes part: requests run in canonical order on the caller's thread

  void find_serial() {
    serial = std::any_of(loaded.begin(), loaded.end(),
                         [](const auto& entry) { return entry.second->info().serial; });
  }
};

// The newest generation. [thread-safe]
class NewestGeneration {
 public:
  std::shared_ptr<const Generation> get() const {
    const std::lock_guard lock(mutex_);
    return generation_;
  }
  void set(std::shared_ptr<const Generation> generation) {
    const std::lock_guard lock(mutex_);
    generation_.swap(generation);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Generation> generation_;
};

// Finds a worker that rules or arguments name, loading it if need be. Throws StoqPluginException.
class WorkerSource {
 public:
  virtual ~WorkerSource() = default;
  virtual std::shared_ptr<Instance> worker(const Generation& generation, std::string_view name) = 0;
};

}  // namespace stoq
