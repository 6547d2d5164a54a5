// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "core/settings.h"
#include "stoq/stoq.h"

namespace stoq::cli {

// For commands that look at plugins one by one: what stoq.cfg would start need not work.
void start_nothing(StoqOptions& options);

// Whether a plugin that does not load is the user's concern.
enum class Loading {
  fine,
  not_ready,  // its module is sound, it refuses without more configuration, and nothing uses it
  broken,
};
struct Loaded {
  Loading how = Loading::fine;
  std::vector<std::string> roles;
  std::string problem;
};
Loaded try_to_load(Stoq& stoq, const PluginDescription& plugin, const Settings& settings);

// The lists of the configuration that name plugins, as "connectors" and their names.
std::vector<std::pair<const char*, const Names*>> named_plugins(const Settings& settings);
bool is_used(std::string_view plugin, const Settings& settings);

// Keeps warnings and worse, instead of writing them.
class KeptLog final : public LogSink {
 public:
  struct Line {
    LogLevel level;
    std::string logger, message;
  };
  void write(const LogRecord& record) override;
  std::vector<Line> take();

 private:
  std::mutex mutex_;
  std::vector<Line> lines_;
};

std::string joined(const std::vector<std::string>& words);  // "a, b"

}  // namespace stoq::cli
