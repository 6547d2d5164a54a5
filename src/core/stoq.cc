// SPDX-License-Identifier: Apache-2.0
#include "stoq/stoq.h"

#include <unistd.h>

#include "core/engine.h"
#include "core/run.h"

namespace stoq {
namespace {

void check_names(const Names& names, const char* what) {
  for (const std::string& name : names)
    if (name.empty()) throw StoqException(std::string(what) + " has an empty plugin name");
}

StoqResponse complete(Engine& engine, const std::shared_ptr<const Generation>& generation,
                      const std::shared_ptr<Scan>& scan) {
  scan->start();
  scan->finish_here();
  engine.pool().forget(*scan);
  StoqResponse response = scan->take_response();
  engine.decorate(*generation, response);
  engine.save_and_keep(generation->connectors, response);
  return response;
}

}  // namespace

Stoq::Stoq(StoqOptions options) : engine_(std::make_unique<Engine>(std::move(options))) {}
Stoq::~Stoq() = default;

StoqResponse Stoq::scan(Bytes content, ScanOptions options) {
  PayloadMeta meta = options.payload_meta ? std::move(*options.payload_meta) : PayloadMeta{};
  check_names(options.add_start_dispatch, "add_start_dispatch");
  wait_for_rate(options.ratelimit);
  const std::shared_ptr<const Generation> generation = engine_->generation();
  return complete(
      *engine_, generation,
      engine_->new_scan(generation, Payload(Content::borrowed(content), std::move(meta)), options));
}

StoqResponse Stoq::scan_payload(const Payload& payload, ScanOptions options) {
  check_names(options.add_start_dispatch, "add_start_dispatch");
  wait_for_rate(options.ratelimit);
  const std::shared_ptr<const Generation> generation = engine_->generation();
  Payload root(payload);
  if (options.payload_meta) root.payload_meta = *options.payload_meta;
  root.parent = nullptr;
  root.level = 0;
  root.worker_results.clear();
  root.plugins_run.clear();
  return complete(*engine_, generation, engine_->new_scan(generation, std::move(root), options));
}

StoqResponse Stoq::scan_file(int fd, ScanOptions options) {
  const std::shared_ptr<const Generation> generation = engine_->generation();
  Engine::FileContent file = engine_->read_file(fd, *generation->settings);
  close(fd);
  if (!file.problem.empty()) throw StoqException("the file cannot be scanned: " + file.problem);
  check_names(options.add_start_dispatch, "add_start_dispatch");
  wait_for_rate(options.ratelimit);
  Payload root(std::move(file.content),
               options.payload_meta ? std::move(*options.payload_meta) : PayloadMeta{});
  root.set_sha256(file.sha256);
  return complete(*engine_, generation, engine_->new_scan(generation, std::move(root), options));
}

RunSummary Stoq::run(RunOptions options) {
  const std::lock_guard one_run(engine_->run_mutex);
  Run run(*engine_, *engine_->generation(), std::move(options));
  {
    const std::lock_guard lock(engine_->active_run_mutex);
    engine_->active_run = &run;
  }
  struct Leave {
    Engine& engine;
    ~Leave() {
      const std::lock_guard lock(engine.active_run_mutex);
      engine.last_progress = engine.active_run->progress();
      engine.active_run = nullptr;
    }
  } leave{*engine_};
  return run.go();
}

void Stoq::stop() {
  const std::lock_guard lock(engine_->active_run_mutex);
  if (engine_->active_run) engine_->active_run->stop();
}

Progress Stoq::progress() const {
  const std::lock_guard lock(engine_->active_run_mutex);
  return engine_->active_run ? engine_->active_run->progress() : engine_->last_progress;
}

void Stoq::reload() {
  engine_->reload();
  const std::lock_guard lock(engine_->active_run_mutex);
  if (engine_->active_run) engine_->active_run->reloaded();
}
void Stoq::change(const Changes& changes) {
  engine_->change(changes);
}
LoadedPlugin Stoq::load_plugin(std::string_view name) {
  return {*engine_, engine_->load(name)};
}
std::vector<StoqResponse> Stoq::reconstruct_all_subresponses(const StoqResponse& response) {
  return engine_->reconstruct(*engine_->generation(), response);
}
void Stoq::add_plugin(std::string name, std::shared_ptr<Plugin> plugin, PluginTraits traits) {
  engine_->add(std::move(name), std::move(plugin), std::move(traits));
}
PluginDescription Stoq::describe_plugin(std::string_view name) {
  return engine_->describe(name);
}
std::map<std::string, PluginListing> Stoq::list_plugins() {
  return engine_->list();
}

namespace {

// The connectors that are loaded, or the one named.
Instances connectors_of(const Generation& generation, std::string_view connector) {
  Instances connectors;
  for (const auto& [name, instance] : generation.loaded)
    if (instance->info().roles.has(Role::connector) && (connector.empty() || name == connector))
      connectors.push_back(instance);
  if (connectors.empty())
    throw StoqPluginException(connector.empty()
                                  ? "no connector is loaded"
                                  : "no connector '" + std::string(connector) + "' is loaded");
  return connectors;
}

}  // namespace

void Stoq::save(const StoqResponse& response, std::string_view connector) {
  const std::string text = response.dumps(0);
  std::string problems;
  for (const auto& instance : connectors_of(*engine_->generation(), connector))
    if (const std::string problem = engine_->save(*instance, response, text); !problem.empty())
      problems += (problems.empty() ? "" : "\n") + instance->info().name + ": " + problem;
  if (!problems.empty()) throw StoqPluginException(problems);
}

SpoolSummary Stoq::retry_spool(std::string_view connector) {
  SpoolSummary summary;
  std::string problem;
  for (const auto& instance : connectors_of(*engine_->generation(), connector))
    for (const std::string& name : engine_->spool().names(instance->info().name, &problem))
      ++(engine_->redeliver(*instance, name).first == Engine::Redelivered::saved ? summary.saved
                                                                                 : summary.left);
  if (!problem.empty()) throw StoqException("the spool cannot be read: " + problem);
  return summary;
}

}  // namespace stoq
