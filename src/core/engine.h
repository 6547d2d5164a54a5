// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "core/generation.h"
#include "core/log.h"
#include "core/plugin_source.h"
#include "core/pool.h"
#include "core/quarantine.h"
#include "core/scan.h"
#include "core/spool.h"
#include "core/store.h"
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
  // In place. Here and below: what has not begun is not called once `stopped` says so.
  using Stopped = const std::atomic<bool>*;
  void decorate(const Generation& generation, StoqResponse& response, Stopped stopped = nullptr);
  void decorate(Instance& decorator, const Settings& settings, StoqResponse& response,
                Stopped stopped = nullptr);
  std::vector<StoqResponse> reconstruct(const Generation& generation, const StoqResponse& whole);
  // Saves with each of the connectors; those that did it leave the list, of the others is told why.
  struct SaveFailure {
    std::string connector, problem;
    std::string_view limit = {};  // for `limits`; "": none of them
    std::string not_kept = {};  // after keep(): why the response does not lie in the spool, either
    bool never = false;         // … nor can
  };
  using Failures = std::vector<SaveFailure>;
  Failures save_all(Instances& connectors, const StoqResponse& response, std::string_view text,
                    Stopped stopped = nullptr);
  // After the last attempt: into the spool, for those that failed; those for which it lies there
  // leave both lists, and the log says so.
  void keep(Failures& failures, Instances& connectors, const StoqResponse& response,
            std::string_view text, unsigned attempts);
  // The same for a response that is given to its caller, with what went wrong in it.
  void save_and_keep(Instances connectors, StoqResponse& response);
  // What lies in the spool under that name, once more to its connector.
  enum class Redelivered : uint8_t { saved, failed, unreachable, elsewhere, broken };
  std::pair<Redelivered, std::string> redeliver(Instance& connector, const std::string& name,
                                                Stopped stopped = nullptr);
  // "": saved; else why not, and for which of the `limits`, if one was it.
  std::string save(Instance& connector, const StoqResponse& response, std::string_view text,
                   Stopped stopped = nullptr, std::string_view* limit = nullptr);

  std::shared_ptr<Instance> load(std::string_view name);  // StoqPluginNotFound, StoqPluginException
  std::shared_ptr<Instance> worker(const Generation& generation, std::string_view name) override;
  void add(std::string name, std::shared_ptr<Plugin> plugin, PluginTraits traits);
  void change(const Changes& changes);
  void reload();  // StoqException, StoqPluginException: then nothing has changed
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
    bool full = false;  // … which is that the store has no room for it
  };
  // `stop`: given up when it says so; `problem` is kCutShort then.
  FileContent read_file(int fd, const Settings& settings, const std::atomic<bool>* stop = nullptr);

  Logger& log() { return logger_; }
  Pool& pool() { return pool_; }
  Store& store() { return store_; }
  Spool& spool() { return spool_; }
  // Those of the start: of threads, queue, store, spool and log. Requests go by their generation's.
  const Settings& settings() const { return *settings_; }

  std::mutex run_mutex;  // one run at a time
  std::mutex active_run_mutex;
  Run* active_run = nullptr;
  Progress last_progress;

 private:
  // An object of the program, which outlives generations.
  struct Added {
    std::shared_ptr<Instance> instance;
    bool archives = false;
  };

  static std::shared_ptr<Generation> assemble(std::shared_ptr<PluginSource> source);
  static void put(Generation& generation, const Added& added);
  std::shared_ptr<Generation> read_again(const Generation& before);

  StoqOptions options_;
  std::vector<std::string>
      start_warnings_;  // of reading the configuration, told when the log stands
  std::shared_ptr<const Settings> settings_;
  Logger logger_;
  Store store_;
  Spool spool_;
  Quarantine quarantine_;
  std::shared_ptr<RootTemplate> root_, python_root_;
  std::mutex reload_mutex_;  // one at a time
  std::mutex load_mutex_;
  std::vector<Added> added_;
  NewestGeneration generation_;
  Pool pool_;
};

// "count/seconds": spaces the calls of this process. StoqException for anything else.
void wait_for_rate(std::string_view ratelimit);

}  // namespace stoq
