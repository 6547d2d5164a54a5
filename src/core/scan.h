// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <unordered_map>
#include <vector>

#include "core/generation.h"
#include "core/node.h"
#include "core/pool.h"
#include "core/quarantine.h"
#include "core/store.h"

namespace stoq {

class ScanReply;

// What scans share.
struct ScanContext {
  std::shared_ptr<const Generation> generation;
  WorkerSource& workers;
  Store& store;
  Pool& pool;
  Quarantine& quarantine;
};

// One request: the root payload, everything that comes out of it, and the order in which both
// happen.
//
// Every payload has a canonical place (level, parent's place, round, worker's place, index).
// Children wait in their parent until all before them in that order are known; then they are
// admitted: deduplicated, counted against the limits, placed. Admitted payloads are scanned by any
// thread, at once. An extraction starts when what it may still take of the request's bytes is
// known, so that no answer depends on which thread was faster; that is nearly always at once, too.
class Scan final : public Pool::Work, public std::enable_shared_from_this<Scan> {
 public:
  using Clock = std::chrono::steady_clock;

  Scan(ScanContext context, Payload root, RequestMeta request_meta, Names start_dispatch,
       Names start_deep_dispatch);
  ~Scan() override;

  // The root is not to be looked at (larger than a payload may be): it is listed, with the record.
  void withhold_root(uint64_t size);
  bool root_withheld() const { return levels_[0].nodes[0]->withheld; }

  // Works on the root on this thread, as far as it goes without waiting.
  void start();
  // Works on ready payloads, and waits for those that other threads have, until all is done.
  void finish_here();
  void run_one() override;
  // Its time is over now, from any thread: nothing more is called, hosts at work for it are killed.
  void cut();
  bool is_cut() const { return cut_; }
  const std::shared_ptr<const Generation>& generation() const { return context_.generation; }
  // Called once, when the last payload is done, on the thread that did it.
  void when_done(std::function<void()> function) { when_done_ = std::move(function); }

  StoqResponse take_response();

 private:
  friend class ScanReply;
  struct Trip;
  struct Level {
    std::vector<std::unique_ptr<Node>> nodes;
    size_t cursor = 0;               // the first of them whose children are not all admitted
    size_t settled = 0;              // the first of them that is not finished, as last looked
    uint64_t settled_bytes = 0;      // extracted from those before it
    std::map<size_t, Node*> parked;  // by place: waiting until they may extract
  };

  // A payload's way through its rounds (scan_rounds.cc).
  void work_on(Node& node);
  bool run_round(Node& node);   // false: parked
  bool open_round(Node& node);  // likewise
  void dispatch(Node& node);
  void begin_plan(Node& node);  // all but what dispatchers name
  bool next_round(Node& node);
  bool next_pass(Node& node);
  void ask(Op op, const Instances& dispatchers, std::span<Node* const> nodes);  // adds to the plans
  static void clear_round(Node& node, bool deep);
  void begin_round(Node& node);
  static Trace& trace(Node& node);
  std::string pass_text(const Node& node) const;
  void archive(Node& node);
  bool to_be_archived(const Node& node) const;
  // Whether it will run in this round, or has run before. `why` is for `explain`: a word, and whose.
  bool add_to_plan(Node& node, std::string_view name, std::string_view why,
                   std::string_view by = {});
  std::shared_ptr<Instance> find_worker(Node& node, std::string_view name);
  bool add_required(Node& node, const Instance& worker);
  void refuse(Node& node, std::string_view name, std::string_view type, std::string_view why);
  size_t batch_end(const Node& node) const;
  size_t accompanying(Node& node, const HostGroup& group);
  void go_along(Trip& trip, Node& node, size_t end);
  enum class Leave : uint8_t { go, park };
  Leave may_extract(Node& node);
  uint64_t most_extracted(Level& level, size_t end) const;
  uint64_t allowance(Node& node);
  void begin_batch(Node& node, size_t end);
  void take(ScanReply& reply, Node& node);
  void run_worker(Node& node);
  void run_batches(std::span<Node* const> nodes);  // of each node from `next` on
  bool kept_from(Node& node, const Instance& instance, std::string_view stage);
  unsigned in_quarantine(const Node& node, const PluginInfo& info) const;  // after so many deaths
  std::string stage_text(const Node& node) const;
  bool out_of_time(Node& node,
                   size_t more = 0);  // records what of the plan, and how many others, will not run

  // Admission (scan_admission.cc); all with the lock.
  void advance();
  Node* seen(const Sha256& digest);
  void admit(Node& parent, Child& child);
  void admit_duplicate(Node& parent, Child& child, Node& first);
  Node& place(Node& parent, Child& child);
  void leave_out_child(Node& parent, std::string_view limit, std::string_view plugin);
  void ready(Node& node);
  void finish(Node& node);
  void publish(std::unique_lock<std::mutex>& lock);  // posts what became ready

  // Small payloads that are ready at the same time share their trips to hosts (scan_together.cc).
  std::vector<Node*> take_together();  // with the lock
  bool may_share(const Node& node) const;
  void work_together(std::vector<Node*> nodes);
  void dispatch_together(std::vector<Node*>& nodes);
  void begin_rounds(std::vector<Node*>& nodes);
  const HostGroup* next_group(Node& node);
  void drop_failed(std::vector<Node*>& nodes, const std::function<bool(Node&)>& step);

  void wake_parked(Level& level, size_t most);
  void work_quietly(Node& node);
  void fail(Node& node, std::string_view why);
  bool add_error(Node& node, std::string_view plugin, std::string text);  // false: left out
  std::string_view known(std::string_view plugin) const;  // "": no plugin has this name
  Node* take_ready();                                     // with the lock
  static void leave_out(std::vector<LeftOut>& list, std::string_view limit, std::string_view plugin,
                        std::optional<uint64_t> amount);
  bool waits_for_ancestors(Node& node);

  ScanContext context_;
  const Settings& settings_;
  RequestMeta request_meta_;
  Names start_dispatch_, start_deep_dispatch_;
  std::atomic<Clock::time_point> deadline_;
  std::atomic<bool> cut_ = false;
  std::atomic<uint64_t> result_bytes_ = 0, error_bytes_ = 0;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Level> levels_;
  size_t open_level_ = 0;      // the level whose payloads' children are being admitted
  uint64_t bytes_before_ = 0;  // extracted by everything before that level's cursor
  uint64_t admitted_ = 0;
  std::unordered_map<Sha256, Node*, DigestHash> seen_;  // empty until something was extracted
  std::map<std::string, std::shared_ptr<Instance>, std::less<>>
      late_;  // not of the pinned generation: loaded since, the same one for all payloads
  std::vector<Node*> ready_;
  size_t ready_at_ = 0;  // the first of them that nobody has taken
  size_t unposted_ = 0;
  bool caller_waits_ = false, done_ = false;
  std::function<void()> when_done_;
};

}  // namespace stoq
