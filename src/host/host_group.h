// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

#include "host/host_process.h"

namespace stoq {

struct HostLimits {
  sandbox::Spec sandbox;
  uint64_t calls = 10'000;  // after which a host is replaced
  uint64_t max_result = uint64_t{16} << 20;
  unsigned max_depth = 256;  // of a result
  double load_deadline = 60;
};

// Plugins of one trust that live together: one template that has loaded them all, and as many hosts
// as calls are open. A plugin that is loaded later is loaded into a copy of the template; hosts of
// the old one are replaced when they are next needed. [thread-safe]
class HostGroup {
 public:
  using Roots = std::function<
      std::shared_ptr<TemplateClient>()>;  // the empty template, started when first needed

  // Called with what this machine does not give for the sandbox of these hosts; may throw.
  using Lacking = std::function<void(const sandbox::Missing&)>;

  HostGroup(Roots roots, HostLimits limits, Conversation::Log log, Lacking lacking, bool fresh)
      : roots_(std::move(roots)),
        limits_(std::move(limits)),
        log_(std::move(log)),
        lacking_(std::move(lacking)),
        fresh_(fresh),
        loses_hosts_(fresh) {}

  // The plugin's index in calls; fills in what loading tells. StoqPluginException.
  uint32_t load(const PluginSpec& spec, PluginInfo& info);
  // One trip for all items, or as many as hosts end in the middle of it. Hosts that may keep things
  // from one payload to the next get one payload a trip.
  void call(std::span<BatchItem> items) noexcept;
  // A host for one that manages its own (SharedHost).
  std::unique_ptr<HostProcess> new_host();

  const HostLimits& limits() const { return limits_; }
  const Conversation::Log& log() const { return log_; }
  static uint64_t next_number();
  // Before the next host when so many, one after the other, have ended before their first answer.
  static std::chrono::milliseconds pause_after(unsigned early_ends);

 private:
  std::unique_ptr<HostProcess> take_host();
  std::unique_ptr<HostProcess> ask_for_host();
  std::unique_ptr<HostProcess> spare_host();
  void ask_for_spare() noexcept;
  std::shared_ptr<TemplateClient> new_template();
  std::string left_over(HostProcess& host) const;
  void rebuild();
  void give_back(std::unique_ptr<HostProcess> host);
  void keep_arena(const HostProcess& host);
  std::shared_ptr<Arena> take_arena();
  std::span<BatchItem> of_one_trip(std::span<BatchItem> items) const;
  static bool passed_over(Reply& reply);
  size_t trip(std::span<BatchItem> items);

  Roots roots_;
  HostLimits limits_;
  Conversation::Log log_;
  Lacking lacking_;
  bool fresh_;  // a host of its own for every trip
  std::mutex load_mutex_;
  std::mutex mutex_;
  std::shared_ptr<TemplateClient> template_;
  std::vector<PluginSpec> loaded_;
  unsigned generation_ = 0;
  std::atomic<unsigned> early_ends_ =
      0;                           // of hosts one after the other that had not answered a call
  std::atomic<bool> loses_hosts_;  // then it has some asked for ahead
  std::vector<std::unique_ptr<HostProcess>> idle_, spares_;
  std::vector<std::shared_ptr<Arena>> arenas_;
};

// What a plugin in a host process needs beside its group.
class RemoteInstance : public Instance {
 public:
  uint32_t index() const { return index_; }
  double deadline() const { return deadline_; }

 protected:
  uint32_t index_ = 0;
  double deadline_ = 60;
};

// How a call of `plugin` that ended badly is told.
struct Teller {
  const std::string& plugin;
  double deadline;
  uint64_t memory;  // bytes that its host may have
  void operator()(Reply& reply, const Ending& ending, const HostEnd& end) const;
};

}  // namespace stoq
