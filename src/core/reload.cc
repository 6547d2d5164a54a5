// SPDX-License-Identifier: Apache-2.0
//
// A new generation out of files that may have changed.
#include <algorithm>

#include "core/engine.h"

namespace stoq {
namespace {

// What is built once: threads, queue, store, spool, log.
std::string kept_from_start(const Settings& start, const Settings& read) {
  std::string names;
  const auto compare = [&](const char* name, const auto& before, const auto& now) {
    if (before != now) names += (names.empty() ? "" : ", ") + std::string(name);
  };
#define STOQ_COMPARE(name) compare(#name, start.name, read.name)
  STOQ_COMPARE(threads), STOQ_COMPARE(max_queue), STOQ_COMPARE(max_queue_bytes);
  STOQ_COMPARE(connector_attempts), STOQ_COMPARE(connector_backoff), STOQ_COMPARE(drain_time);
  STOQ_COMPARE(log_dir), STOQ_COMPARE(log_level), STOQ_COMPARE(log_maxbytes);
  STOQ_COMPARE(log_backup_count);
#undef STOQ_COMPARE
  compare("log_syntax", start.log_json, read.log_json);
  compare("store_memory", start.store.memory, read.store.memory);
  compare("spill_from", start.store.spill_from, read.store.spill_from);
  compare("spill_dir", start.store.spill_dir, read.store.spill_dir);
  compare("spool_dir", start.spool.dir, read.spool.dir);
  compare("spool_max_files", start.spool.files, read.spool.files);
  compare("spool_max_bytes", start.spool.bytes, read.spool.bytes);
  compare("durable", start.spool.durable, read.spool.durable);
  return names;
}

}  // namespace

std::shared_ptr<Generation> Engine::read_again(const Generation& before) {
  std::vector<std::string> warnings;
  Settings read = load_settings(options_, warnings);
  const std::string kept = kept_from_start(*settings_, read);
  read.spool = settings_->spool;  // also for the plugins that do as it says
  const auto settings = std::make_shared<const Settings>(std::move(read));
  // Its absence may be a moment in the life of an editor; that all defaults are meant is unlikely.
  if (const std::string& file = before.settings->file.file();
      !file.empty() && settings->file.file().empty())
    throw StoqException(file + ": it is not there any more; put it back, or start anew without it");
  auto source = std::make_shared<PluginSource>(settings, root_, python_root_, logger_,
                                               options_.make_plugin, warnings);
  if (!kept.empty())
    warnings.push_back(
        "these settings have changed, and are taken when stoQ is started the next time: " + kept);
  for (const std::string& warning : warnings) STOQ_LOG(logger_, LogLevel::warning, warning);
  std::shared_ptr<Generation> next = assemble(std::move(source));
  const auto is_object = [this](const std::shared_ptr<Instance>& instance) {
    const std::lock_guard lock(load_mutex_);
    return std::any_of(added_.begin(), added_.end(),
                       [&](const Added& added) { return added.instance == instance; });
  };
  // What was loaded when somebody asked for it is asked for again.
  for (const auto& [name, instance] : before.loaded) {
    if (is_object(instance)) continue;
    if (!options_.make_plugin && !next->source->manifests().contains(name))
      throw StoqException("plugin '" + name +
                          "', which is loaded, is not there any more; put it back, or start anew "
                          "without it");
    next->loaded.try_emplace(name, next->source->get(name));
  }
  next->find_serial();
  return next;
}

void Engine::reload() {
  const std::lock_guard one_reload(reload_mutex_);
  // Let go of without the lock: its connectors may take a moment to end.
  const std::shared_ptr<const Generation> before = generation();
  try {
    std::shared_ptr<Generation> next = read_again(*before);
    const std::lock_guard lock(load_mutex_);
    for (const Added& added : added_) put(*next, added);
    STOQ_LOG(logger_, LogLevel::info,
             "Configuration and plugins are reloaded: " + std::to_string(next->loaded.size()) +
                 " plugins are in force");
    generation_.set(std::move(next));
  } catch (const std::exception& e) {
    STOQ_LOG(logger_, LogLevel::error,
             std::string("Nothing is reloaded, what was in force stays: ") + e.what());
    throw;
  }
}

}  // namespace stoq
