// SPDX-License-Identifier: Apache-2.0
//
// What becomes a payload, and in which order; all with the lock of the scan.
#include <algorithm>
#include <utility>

#include "core/interesting.h"
#include "core/scan_reply.h"

namespace stoq {
namespace {

void count_duplicates(Node& first, uint64_t count) {
  if (first.duplicates.empty() || !first.duplicates.back().extracted_from.empty()) {
    first.duplicates.push_back({});
    first.duplicates.back().count = 0;
  }
  first.duplicates.back().count += count;
}

void note_duplicate(Node& first, Duplicate duplicate) {
  if (first.duplicates.size() < kOccurrencesListed)
    first.duplicates.push_back(std::move(duplicate));
  else
    count_duplicates(first, 1);
}

uint64_t most_bytes(const ExtractionLimits& limits, uint64_t input) {
  if (limits.ratio == 0 || input > limits.bytes) return limits.bytes;
  return std::min(limits.bytes, std::max(limits.ratio_from, input * limits.ratio));
}

}  // namespace

void Scan::ready(Node& node) {
  ready_.push_back(&node);
  ++unposted_;
}

void Scan::wake_parked(Level& level, size_t most) {
  for (; most > 0 && !level.parked.empty(); --most) {
    ready(*level.parked.begin()->second);
    level.parked.erase(level.parked.begin());
  }
}

void Scan::leave_out_child(Node& parent, std::string_view limit, std::string_view plugin) {
  leave_out(parent.left_out_at_admission, limit, plugin, 1);
}

void Scan::advance() {
  while (!done_) {
    Level& level = levels_[open_level_];
    if (level.cursor == level.nodes.size()) {
      if (open_level_ + 1 == levels_.size()) {
        done_ = true;
        return;
      }
      wake_parked(levels_[++open_level_], SIZE_MAX);
      continue;
    }
    Node& parent = *level.nodes[level.cursor];
    while (parent.children_admitted < parent.children.size())
      admit(parent, parent.children[parent.children_admitted++]);
    parent.children.clear();
    parent.children_admitted = 0;
    if (!parent.finished) return;
    for (const Beyond& beyond : parent.beyond)
      for (const Sha256& digest : beyond.digests) {
        if (Node* first = seen(digest))
          count_duplicates(*first, 1);
        else
          leave_out_child(parent, beyond.limit, beyond.plugin);
      }
    for (const auto& [digest, occurrences] : parent.produced)
      if (occurrences > kOccurrencesListed + 1)
        if (Node* first = seen(digest))
          count_duplicates(*first, occurrences - kOccurrencesListed - 1);
    parent.beyond = {};
    parent.produced = {};
    bytes_before_ += parent.extracted_bytes;
    ++level.cursor;
    wake_parked(level, 2 * size_t{settings_.threads});  // the first of them may be next in line
  }
}

Node* Scan::seen(const Sha256& digest) {
  if (seen_.empty())
    seen_.emplace(levels_[0].nodes[0]->payload.sha256(), levels_[0].nodes[0].get());
  const auto found = seen_.find(digest);
  return found == seen_.end() ? nullptr : found->second;
}

void Scan::admit(Node& parent, Child& child) {
  if (Node* first = seen(child.sha256)) return admit_duplicate(parent, child, *first);
  const uint64_t places = settings_.max_payloads;
  const uint64_t plain_places = places - std::min(places, settings_.reserved_payloads);
  if (admitted_ >= places || (admitted_ >= plain_places && !interesting(child.content.bytes()))) {
    leave_out_child(parent, "max_payloads", child.extracted_by);
  } else if (bytes_before_ + child.bytes_to_here > settings_.max_request_bytes) {
    leave_out_child(parent, "max_request_bytes", child.extracted_by);
  } else {
    Node& node = place(parent, child);
    seen_.emplace(child.sha256, &node);
    node.asked.insert(node.payload.payload_meta.dispatch_to.begin(),
                      node.payload.payload_meta.dispatch_to.end());
    node.asked_scan = node.payload.payload_meta.should_scan;
    node.asked_archive = node.payload.payload_meta.should_archive;
  }
  child.content = {};
}

void Scan::admit_duplicate(Node& parent, Child& child, Node& first) {
  const bool scan_wanted = child.meta.should_scan && !first.asked_scan;
  const bool archive_wanted = child.meta.should_archive && !first.asked_archive &&
                              !context_.generation->dest_archivers.empty();
  const bool sent = child.meta.should_scan &&
                    std::any_of(child.meta.dispatch_to.begin(), child.meta.dispatch_to.end(),
                                [&](const std::string& name) {
                                  return first.asked.find(name) == first.asked.end();
                                });
  const bool itself = child.sha256 == parent.payload.sha256();
  note_duplicate(first, {parent.payload.payload_id, child.extracted_by, child.meta, 1});
  const bool more_wanted = !itself && (scan_wanted || archive_wanted || sent);
  const bool room = admitted_ < settings_.max_payloads;
  if (more_wanted && !room) leave_out_child(parent, "max_payloads", child.extracted_by);
  if (!more_wanted || !room) {
    child.content = {};
    return;
  }
  Node& node = place(parent, child);
  node.supplement_of = &first;
  node.whole = scan_wanted;
  node.archive = archive_wanted;
  first.asked.insert(child.meta.dispatch_to.begin(), child.meta.dispatch_to.end());
  first.asked_scan |= child.meta.should_scan;
  first.asked_archive |= child.meta.should_archive;
}

Node& Scan::place(Node& parent, Child& child) {
  const unsigned depth = parent.payload.level + 1;
  if (levels_.size() <= depth) levels_.resize(depth + 1);
  Level& level = levels_[depth];
  Payload payload(std::move(child.content), child.meta, "");
  payload.set_sha256(child.sha256);
  payload.extracted_from = parent.payload.payload_id;
  payload.extracted_by = child.extracted_by;
  payload.level = depth;
  payload.parent = &parent.payload;
  level.nodes.push_back(
      std::make_unique<Node>(std::move(payload), Request{child.round->request_meta}, &parent));
  Node& node = *level.nodes.back();
  node.place = level.nodes.size() - 1;
  ++admitted_;
  if (child.round->settled)
    ready(node);
  else
    parent.held.push_back(&node);
  return node;
}

// What the payloads of a level before `end` extract at the most; `end` is not finished, or past all.
uint64_t Scan::most_extracted(Level& level, size_t end) const {
  for (; level.settled < level.nodes.size() && level.nodes[level.settled]->finished;
       ++level.settled)
    level.settled_bytes += level.nodes[level.settled]->extracted_bytes;
  uint64_t bytes = level.settled_bytes;
  for (size_t i = level.settled; i < end && bytes <= settings_.max_request_bytes; ++i) {
    const Node& node = *level.nodes[i];
    bytes += node.finished ? node.extracted_bytes
                           : most_bytes(settings_.extraction, node.payload.size());
  }
  return bytes;
}

// An extraction starts when the request's bytes that it may take are known: either all before it
// are done, or even if those in work and this one take all they can, the limit is not reached.
// Payloads lie in the open level or in the one below, for none is admitted further down.
Scan::Leave Scan::may_extract(Node& node) {
  const std::lock_guard lock(mutex_);
  Level& level = levels_[node.payload.level];
  if (open_level_ == node.payload.level && level.cursor == node.place) return Leave::go;
  uint64_t above = 0;
  for (unsigned depth = 0; depth < node.payload.level; ++depth)
    above += most_extracted(levels_[depth], levels_[depth].nodes.size());
  if (above + most_extracted(level, node.place) +
          most_bytes(settings_.extraction, node.payload.size()) <=
      settings_.max_request_bytes)
    return Leave::go;
  level.parked.emplace(node.place, &node);
  return Leave::park;
}

}  // namespace stoq
