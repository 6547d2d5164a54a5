// SPDX-License-Identifier: Apache-2.0
//
// Small payloads that are ready at the same time go the first part of their way together: all are
// dispatched, then all meet the workers that come first in their plans. So several share a trip to a
// host, which costs more than many a look at a small payload. Nothing else differs from each going
// alone.
#include <algorithm>

#include "core/scan_reply.h"

namespace stoq {
namespace {

constexpr size_t kTogether = 16;                 // payloads
constexpr uint64_t kSmall = uint64_t{64} << 10;  // bytes of each

}  // namespace

bool Scan::may_share(const Node& node) const {
  return node.stage == Node::Stage::fresh && !node.supplement_of && !node.withheld &&
         node.payload.size() <= kSmall && !settings_.timings && !context_.generation->serial;
}

// Leaves others their part.
std::vector<Node*> Scan::take_together() {
  std::vector<Node*> nodes;
  const size_t waiting = ready_.size() - ready_at_;
  const size_t most = std::min(kTogether, (waiting + settings_.threads - 1) / settings_.threads);
  if (Node* first = take_ready()) nodes.push_back(first);
  if (nodes.empty() || !may_share(*nodes[0])) return nodes;
  while (nodes.size() < most && ready_at_ < ready_.size() && may_share(*ready_[ready_at_]))
    nodes.push_back(take_ready());
  return nodes;
}

void Scan::work_together(std::vector<Node*> nodes) {
  if (nodes.size() > 1) {
    dispatch_together(nodes);
    begin_rounds(nodes);
  }
  for (Node* node : nodes) work_quietly(*node);
}

// Those that are parked or failed are dropped from `nodes`: somebody else may have them.
void Scan::dispatch_together(std::vector<Node*>& nodes) {
  std::erase_if(nodes, [this](Node* node) { return waits_for_ancestors(*node); });
  try {
    std::vector<Node*> scanned;
    for (Node* node : nodes) {
      node->stage = Node::Stage::workers;
      begin_plan(*node);
      if (node->scanned) scanned.push_back(node);
    }
    if (!scanned.empty()) ask(Op::get_dispatches, context_.generation->dispatchers, scanned);
  } catch (const std::exception& e) {
    for (Node* node : std::exchange(nodes, {})) fail(*node, e.what());
  }
}

// As long as the next workers of several live in the same hosts.
void Scan::begin_rounds(std::vector<Node*>& nodes) {
  drop_failed(nodes, [this](Node& node) { return open_round(node); });
  for (std::vector<Node*> sharing; nodes.size() > 1;) {
    sharing.clear();
    drop_failed(nodes, [&](Node& node) {
      const HostGroup* group = next_group(node);
      if (group && (sharing.empty() || group == next_group(*sharing[0]))) sharing.push_back(&node);
      return true;
    });
    if (sharing.size() < 2) return;
    try {
      run_batches(sharing);
    } catch (const std::exception& e) {
      for (Node* node : sharing) {
        fail(*node, e.what());
        std::erase(nodes, node);
      }
    }
  }
}

// Where the next worker lives, if it may share a trip. Those in the engine's own process that come
// before it are run.
const HostGroup* Scan::next_group(Node& node) {
  while (node.next < node.plan.size() && !out_of_time(node)) {
    const Instance& next = *node.plan[node.next].instance;
    if (next.info().extracts) return nullptr;
    if (next.group()) return next.group();
    run_worker(node);
  }
  return nullptr;
}

// Leaves in `nodes` those for which `step` says so; what it throws is the end of one.
void Scan::drop_failed(std::vector<Node*>& nodes, const std::function<bool(Node&)>& step) {
  std::erase_if(nodes, [&](Node* node) {
    try {
      return !step(*node);
    } catch (const std::exception& e) {
      fail(*node, e.what());
      return true;
    }
  });
}

}  // namespace stoq
