// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>

#include "config/discover.h"
#include "core/generation.h"
#include "core/log.h"
#include "core/pool.h"
#include "core/scan.h"
#include "core/spool.h"
#include "core/store.h"
#include "host/remote.h"
#include "stoq/stoq.h"

namespace stoq {

class Run;

// What stands behind Stoq. Order of members is order of life: instances go before the hosts, the
// pool before what it works on.
class Engine final : public WorkerSource {
 public:
  explicit Engine(StoqOptions options);
  ~Engine() override;

  std::shared_ptr<const Generation> generation() const;
  std::shared_ptr<Scan> new_scan(std::shared_ptr<const Generation> generation, Payload root,
                                 const ScanOptions& options);
  void decorate(const Generation& generation, StoqResponse& response);  // in place
  void decorate(Instance& decorator, StoqResponse& response);
  std::vector<StoqResponse> reconstruct(const Generation& generation, const StoqResponse& whole);
  // Saves with each of the connectors; those that did it leave the list, of the others is told why.
  struct SaveFailure {
    std::string connector, problem;
    std::string not_kept;  // after keep(): why the response does not lie in the spool, either
    bool never = false;    // … nor can
  };
  using Failures = std::vector<SaveFailure>;
  Failures save_all(Instances& connectors, const StoqResponse& response, std::string_view text);
  // After the last attempt: into the spool, for those that failed; those for which it lies there
  // leave both lists, and the log says so.
  void keep(Failures& failures, Instances& connectors, const StoqResponse& response,
            std::string_view text, unsigned attempts);
  // The same for a response that is given to its caller, with what went wrong in it.
  void save_and_keep(Instances connectors, StoqResponse& response);
  // What lies in the spool under that name, once more to its connector.
  enum class Redelivered : uint8_t { saved, failed, elsewhere, broken };
  std::pair<Redelivered, std::string> redeliver(Instance& connector, const std::string& name);
  // "": saved; else why not.
  std::string save(Instance& connector, const StoqResponse& response, std::string_view text);

  std::shared_ptr<Instance> load(std::string_view name);  // StoqPluginNotFound, StoqPluginException
  std::shared_ptr<Instance> worker(const Generation& generation, std::string_view name) override;
  void add(std::string name, std::shared_ptr<Plugin> plugin, PluginTraits traits);
  std::map<std::string, PluginListing> list();
  PluginDescription describe(std::string_view name) const;  // StoqPluginNotFound

  // A file as root content: read within the limits, or only hashed when it is larger than a payload
  // may be. `problem` when it cannot be read.
  struct FileContent {
    Content content;
    Sha256 sha256{};
    uint64_t size = 0;
    bool too_large = false;
    std::string problem;
  };
  FileContent read_file(int fd);

  Logger& log() { return logger_; }
  Pool& pool() { return pool_; }
  Store& store() { return store_; }
  Spool& spool() { return spool_; }
  const Settings& settings() const { return *settings_; }

  std::mutex run_mutex;  // one run at a time
  std::mutex active_run_mutex;
  Run* active_run = nullptr;
  Progress last_progress;

 private:
  void load_roles(Generation& generation);
  void warn_of_strangers(std::vector<std::string>& warnings) const;
  std::shared_ptr<Instance> instantiate(const config::Manifest& manifest);
  std::optional<config::Source> setting(const std::string& plugin, const char* name) const;
  PluginSpec spec_of(const config::Manifest& manifest) const;

  std::vector<std::string>
      start_warnings_;  // of reading the configuration, told when the log stands
  std::shared_ptr<const Settings> settings_;
  Logger logger_;
  config::Manifests manifests_;
  Store store_;
  Spool spool_;
  HostService hosts_;
  std::mutex load_mutex_;
  std::map<std::string, std::string, std::less<>>
      failed_;  // plugins that could not be loaded, and why
  NewestGeneration generation_;
  Pool pool_;
};

// "count/seconds": spaces the calls of this process. StoqException for anything else.
void wait_for_rate(std::string_view ratelimit);

}  // namespace stoq
