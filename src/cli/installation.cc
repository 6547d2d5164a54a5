// SPDX-License-Identifier: Apache-2.0
#include "cli/installation.h"

#include <algorithm>

namespace stoq::cli {

void start_nothing(StoqOptions& options) {
  for (const char* list : {"always_dispatch", "providers", "source_archivers", "dest_archivers",
                           "connectors", "dispatchers", "deep_dispatchers", "decorators"})
    options.core[list] = OptionText("");
}

std::vector<std::pair<const char*, const Names*>> named_plugins(const Settings& s) {
  return {{"providers", &s.providers},           {"source_archivers", &s.source_archivers},
          {"dest_archivers", &s.dest_archivers}, {"connectors", &s.connectors},
          {"dispatchers", &s.dispatchers},       {"deep_dispatchers", &s.deep_dispatchers},
          {"decorators", &s.decorators},         {"always_dispatch", &s.always_dispatch}};
}

bool is_used(std::string_view plugin, const Settings& settings) {
  if (settings.file.has_section(plugin) || settings.plugin_opts.contains(plugin)) return true;
  const auto named = named_plugins(settings);
  return std::any_of(named.begin(), named.end(), [&](const auto& list) {
    return std::find(list.second->begin(), list.second->end(), plugin) != list.second->end();
  });
}

Loaded try_to_load(Stoq& stoq, const PluginDescription& plugin, const Settings& settings) {
  // What cannot even be looked at is loaded nowhere, least of all in this process.
  if (!plugin.problem.empty()) return {Loading::broken, {}, plugin.problem};
  try {
    return {Loading::fine, stoq.load_plugin(plugin.name).classes(), ""};
  } catch (const StoqException& e) {
    Loaded loaded{Loading::broken, {}, e.what()};
    // "plugin 'x' (/where/x.stoq) cannot be loaded: why"
    static constexpr std::string_view kBefore = " cannot be loaded: ";
    if (const size_t at = loaded.problem.find(kBefore); at != loaded.problem.npos)
      loaded.problem.erase(0, at + kBefore.size());
    const bool died = loaded.problem.starts_with("it ended the process") ||
                      loaded.problem.starts_with("it did not come to an end");
    if (!died && !is_used(plugin.name, settings)) loaded.how = Loading::not_ready;
    return loaded;
  }
}

void KeptLog::write(const LogRecord& record) {
  if (record.level < LogLevel::warning) return;
  const std::lock_guard lock(mutex_);
  lines_.push_back({record.level, std::string(record.logger), std::string(record.message)});
}

std::vector<KeptLog::Line> KeptLog::take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(lines_, {});
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

}  // namespace stoq::cli
