// SPDX-License-Identifier: Apache-2.0
//
// A payload's way through dispatch, rounds of workers, and its end.
#include <algorithm>

#include "core/answer.h"
#include "core/scan_reply.h"

namespace stoq {
namespace {

constexpr unsigned kWorkerRounds = 10;  // added to one payload by what workers name

}  // namespace

void Scan::work_on(Node& node) {
  while (true) {
    switch (node.stage) {
      case Node::Stage::fresh:
        if (node.supplement_of) {
          const std::lock_guard lock(mutex_);
          if (!node.supplement_of->finished) {
            node.supplement_of->waiting.push_back(&node);
            return;
          }
        }
        if (waits_for_ancestors(node)) return;
        dispatch(node);
        break;
      case Node::Stage::workers:
        if (!run_round(node)) return;
        node.stage = next_round(node) ? Node::Stage::workers : Node::Stage::deep;
        break;
      case Node::Stage::deep:
        if (waits_for_ancestors(node)) return;
        node.stage = next_pass(node) ? Node::Stage::workers : Node::Stage::archive;
        break;
      case Node::Stage::archive:
        if (waits_for_ancestors(node)) return;
        archive(node);
        node.stage = Node::Stage::done;
        break;
      case Node::Stage::done:
        finish(node);
        return;
    }
  }
}

// Plugins that look at the payloads above see them finished, whoever is faster. Parks the payload
// when one is not.
bool Scan::waits_for_ancestors(Node& node) {
  const auto wants = [](const std::shared_ptr<Instance>& instance) {
    return instance->info().wants_ancestors;
  };
  const auto any = [&](const Instances& instances) {
    return std::any_of(instances.begin(), instances.end(), wants);
  };
  const Generation& generation = *context_.generation;
  const bool asked = node.stage == Node::Stage::fresh  ? any(generation.dispatchers)
                     : node.stage == Node::Stage::deep ? any(generation.deep_dispatchers)
                     : node.stage == Node::Stage::archive
                         ? any(generation.dest_archivers)
                         : std::any_of(node.plan.begin(), node.plan.end(),
                                       [&](const Node::Planned& p) { return wants(p.instance); });
  if (!asked || !node.parent) return false;
  const std::lock_guard lock(mutex_);
  for (Node* above = node.parent; above; above = above->parent)
    if (!above->finished) {
      above->waiting.push_back(&node);
      return true;
    }
  return false;
}

void Scan::dispatch(Node& node) {
  node.stage = Node::Stage::workers;
  begin_plan(node);
  Node* const one = &node;
  if (node.scanned) ask(Op::get_dispatches, context_.generation->dispatchers, {&one, 1});
}

void Scan::begin_plan(Node& node) {
  begin_round(node);
  if (node.withheld || !node.payload.payload_meta.should_scan) return;
  if (!node.parent)
    for (const std::string& name : start_dispatch_) add_to_plan(node, name, "start_dispatch");
  const std::string& extractor = node.payload.extracted_by;
  const Names& names = node.payload.payload_meta.dispatch_to;
  if (Clock::now() < deadline_.load())
    for (const std::string& name : names)
      add_to_plan(node, name, extractor.empty() ? "dispatch_to" : "dispatch_to of", extractor);
  else if (!names.empty())
    leave_out(node.left_out, "request_deadline", "", names.size());
  if (node.supplement_of && !node.whole) {
    node.empty = node.plan.empty() && node.errors.empty() && !node.archive;
    return;
  }
  node.scanned = true;
  for (const std::string& name : context_.generation->settings->always_dispatch)
    add_to_plan(node, name, "always_dispatch");
}

// Dispatchers that live in the same hosts share a trip; the last of them with the workers there that
// nobody has to name.
void Scan::ask(Op op, const Instances& dispatchers, std::span<Node* const> nodes) {
  const bool deep = op == Op::get_deep_dispatches;
  const char* stage =
      deep ? "deep dispatcher:failed to deep dispatch" : "dispatcher:failed to dispatch";
  for (size_t i = 0; i < dispatchers.size();) {
    if (Clock::now() >= deadline_.load()) {
      for (Node* node : nodes) out_of_time(*node, dispatchers.size() - i);
      return;
    }
    size_t end = i + 1;
    HostGroup* const group = settings_.timings ? nullptr : dispatchers[i]->group();
    if (group)
      while (end < dispatchers.size() && dispatchers[end]->group() == group) ++end;
    Trip trip(*this);
    for (Node* node : nodes) {
      trip.take(*node);
      for (size_t k = i; k < end; ++k)
        if (!kept_from(*node, *dispatchers[k], stage)) trip.add(*dispatchers[k], op, stage);
      if (group && !deep && end == dispatchers.size())
        go_along(trip, *node, accompanying(*node, *group));
    }
    {
      const Stopwatch watch(settings_.timings ? &trace(*nodes.front()).dispatchers : nullptr,
                            dispatchers[i]->info().name);
      trip.go();
    }
    for (auto& [node, reply] : trip.replies) {
      if (reply.op() == Op::scan) take(reply, *node);
      if (reply.op() == op)
        for (const std::string& name : reply.named)
          add_to_plan(*node, name, deep ? "deep dispatcher" : "dispatcher", reply.name());
    }
    i = end;
  }
}

// The end of the run of workers in these hosts that comes first in the plan: known before anybody is
// asked, and no concern of dispatchers. Those that come before it and share no host are run, if they
// leave the payload as it is.
size_t Scan::accompanying(Node& node, const HostGroup& group) {
  const auto plain = [&](size_t at, const HostGroup* where) {
    if (at >= node.plan.size()) return false;
    const Instance& worker = *node.plan[at].instance;
    const PluginInfo& info = worker.info();
    return worker.group() == where && !info.extracts && !info.wants_ancestors &&
           !info.changes_request && (where || !info.changes_payload) && !in_quarantine(node, info);
  };
  size_t begin = node.next;
  while (plain(begin, nullptr)) ++begin;
  if (!plain(begin, &group)) return node.next;
  while (node.next < begin && Clock::now() < deadline_.load()) run_worker(node);
  if (node.next < begin) return node.next;
  size_t end = begin;
  while (plain(end, &group)) ++end;
  return end;
}

bool Scan::out_of_time(Node& node, size_t more) {
  if (Clock::now() < deadline_.load()) return false;
  const uint64_t left = node.plan.size() - std::min(node.next, node.plan.size()) + more;
  if (left > 0) leave_out(node.left_out, "request_deadline", "", left);
  node.plan.resize(std::min(node.next, node.plan.size()));
  node.further.clear();
  return true;
}

// The end of the run of workers from node.next on that can go in one call: neighbours in the same
// host group. A worker that extracts goes alone: what it may take depends on what came before it.
size_t Scan::batch_end(const Node& node) const {
  const auto& plan = node.plan;
  const HostGroup* group = plan[node.next].instance->group();
  size_t end = node.next + 1;
  if (!group || plan[node.next].instance->info().extracts || settings_.timings) return end;
  while (end < plan.size() && plan[end].instance->group() == group &&
         !plan[end].instance->info().extracts)
    ++end;
  return end;
}

// Also before it goes on after a rest.
bool Scan::open_round(Node& node) {
  if (waits_for_ancestors(node)) return false;
  if (!node.round) {
    node.round = std::make_shared<RoundFacts>();
    node.round->settled = std::none_of(node.plan.begin(), node.plan.end(), [](const auto& p) {
      return p.instance->info().changes_request;
    });
    if (node.round->settled) node.round->request_meta = node.request.request_meta;
  }
  if (!context_.quarantine.empty())
    node.plan.erase(
        std::remove_if(node.plan.begin() + static_cast<std::ptrdiff_t>(node.next), node.plan.end(),
                       [&, stage = stage_text(node)](const Node::Planned& p) {
                         return kept_from(node, *p.instance, stage);
                       }),
        node.plan.end());
  return true;
}

bool Scan::run_round(Node& node) {
  if (!open_round(node)) return false;
  while (node.next < node.plan.size()) {
    if (out_of_time(node)) break;
    if (node.plan[node.next].instance->info().extracts && may_extract(node) == Leave::park)
      return false;
    Node* const one = &node;
    if (batch_end(node) == node.next + 1)
      run_worker(node);
    else
      run_batches({&one, 1});
  }
  if (!node.round->settled) {
    std::unique_lock lock(mutex_);
    node.round->request_meta = node.request.request_meta;
    node.round->settled = true;
    for (Node* child : std::exchange(node.held, {})) {
      child->request.request_meta = node.round->request_meta;
      ready(*child);
    }
    publish(lock);
  }
  return true;
}

// What the next worker may extract of the request's bytes.
uint64_t Scan::allowance(Node& node) {
  if (!node.plan[node.next].instance->info().extracts) return 0;
  const std::lock_guard lock(mutex_);
  // Whatever comes before is settled, or cannot reach the limit together with this one (see
  // may_extract).
  const Level& level = levels_[node.payload.level];
  if (level.cursor != node.place || open_level_ != node.payload.level) return UINT64_MAX;
  return settings_.max_request_bytes - std::min(settings_.max_request_bytes, bytes_before_);
}

void Scan::begin_batch(Node& node, size_t end) {
  for (size_t i = node.next; i < end; ++i) {
    node.payload.plugins_run.back().push_back(node.plan[i].name);
    if (settings_.explain)
      trace(node).reasons.back().emplace_back(node.plan[i].name, node.plan[i].reason);
  }
}

void Scan::take(ScanReply& reply, Node& node) {
  for (std::string& name : reply.named) node.further.push_back({std::move(name), reply.name()});
  if (reply.meter().bytes() == 0) return;
  const std::lock_guard lock(mutex_);
  node.extracted_bytes += reply.meter().bytes();
}

void Scan::run_worker(Node& node) {
  Instance& instance = *node.plan[node.next].instance;
  begin_batch(node, node.next + 1);
  {
    ScanReply reply(*this, node, instance, Op::scan, stage_text(node), allowance(node));
    Input input{.payload = &node.payload, .request = &node.request};
    BatchItem item{Op::scan, &instance, &reply, &input};
    {
      const Stopwatch watch(settings_.timings ? &trace(node).workers.back() : nullptr,
                            instance.info().name);
      call_batch({&item, 1});
    }
    take(reply, node);
  }
  ++node.next;
}

// Of workers that extract nothing.
void Scan::run_batches(std::span<Node* const> nodes) {
  Trip trip(*this);
  for (Node* node : nodes) {
    trip.take(*node);
    go_along(trip, *node, batch_end(*node));
  }
  trip.go();
  for (auto& [node, reply] : trip.replies) take(reply, *node);
}

// The next workers of a plan.
void Scan::go_along(Trip& trip, Node& node, size_t end) {
  begin_batch(node, end);
  for (const std::string stage = stage_text(node); node.next < end; ++node.next)
    trip.add(*node.plan[node.next].instance, Op::scan, stage);
}

// Whether there is another round: workers have named plugins that did not see this payload by that
// way yet.
bool Scan::next_round(Node& node) {
  std::vector<Node::Named> names;
  for (Node::Named& further : std::exchange(node.further, {}))
    if (!further.name.empty() && node.named.find(further.name) == node.named.end())
      names.push_back(std::move(further));
  if (names.empty() || out_of_time(node, names.size())) return false;
  if (node.worker_rounds >= kWorkerRounds) {
    leave_out(node.left_out, "max_worker_rounds", "", names.size());
    return false;
  }
  clear_round(node, false);
  for (const auto& [name, by] : names) add_to_plan(node, name, "named by", by);
  if (node.plan.empty()) return false;
  ++node.worker_rounds;
  begin_round(node);
  return true;
}

// Whether deep dispatchers, or in the first pass whoever asked for the scan, name workers for
// another round. What ran before runs again, unless the passes go on until nothing new is named.
bool Scan::next_pass(Node& node) {
  const Generation& generation = *context_.generation;
  const bool started = node.deep_passes == 0 && !node.parent && !start_deep_dispatch_.empty();
  if (!node.scanned || node.deep_passes >= settings_.max_dispatch_passes ||
      (generation.deep_dispatchers.empty() && !started))
    return false;
  clear_round(node, true);
  ++node.deep_passes;
  if (started)
    for (const std::string& name : start_deep_dispatch_)
      add_to_plan(node, name, "start_deep_dispatch");
  Node* const one = &node;
  ask(Op::get_deep_dispatches, generation.deep_dispatchers, {&one, 1});
  if (node.plan.empty()) return false;
  begin_round(node);
  return true;
}

std::string Scan::stage_text(const Node& node) const {
  if (node.deep_round) return "deep dispatch:failed to scan" + pass_text(node);
  if (node.worker_rounds == 0) return "worker:failed to scan";
  return "worker:failed to scan (round " + std::to_string(node.worker_rounds + 1) + ")";
}

std::string Scan::pass_text(const Node& node) const {
  const unsigned most = settings_.max_dispatch_passes;
  return " (pass " + std::to_string(node.deep_passes) +
         (most == kUntilStable ? ")" : "/" + std::to_string(most) + ")");
}

void Scan::clear_round(Node& node, bool deep) {
  node.plan.clear();
  node.next = 0;
  node.round.reset();
  node.deep_round = deep;
}

void Scan::begin_round(Node& node) {
  node.payload.worker_results.emplace_back();
  node.payload.plugins_run.emplace_back();
  if (settings_.timings) trace(node).workers.emplace_back();
  if (settings_.explain) trace(node).reasons.emplace_back();
}

Trace& Scan::trace(Node& node) {
  if (!node.trace) node.trace = std::make_unique<Trace>();
  return *node.trace;
}

bool Scan::to_be_archived(const Node& node) const {
  if (node.withheld || !node.request.request_meta.archive_payloads) return false;
  return node.supplement_of ? node.archive : node.payload.payload_meta.should_archive;
}

void Scan::archive(Node& node) {
  const Instances& archivers = context_.generation->dest_archivers;
  if (archivers.empty() || !to_be_archived(node)) return;
  Input input{.payload = &node.payload, .request = &node.request};
  for (size_t i = 0; i < archivers.size(); ++i) {
    if (out_of_time(node, archivers.size() - i)) return;
    Instance& archiver = *archivers[i];
    if (kept_from(node, archiver, "archiver:failed to archive")) continue;
    node.archivers_run.push_back(archiver.info().name);
    ScanReply reply(*this, node, archiver, Op::archive, "archiver:failed to archive", 0);
    const Stopwatch watch(settings_.timings ? &trace(node).archivers : nullptr,
                          archiver.info().name);
    archiver.call(Op::archive, input, reply);
  }
}

void Scan::finish(Node& node) {
  std::unique_lock lock(mutex_);
  node.finished = true;
  node.payload.drop_content();
  if (node.round && !node.round->settled) *node.round = {node.request.request_meta, true};
  for (Node* child : std::exchange(node.held, {})) {
    child->request.request_meta = node.request.request_meta;
    ready(*child);
  }
  for (Node* supplement : std::exchange(node.waiting, {})) ready(*supplement);
  advance();
  publish(lock);
}

}  // namespace stoq
