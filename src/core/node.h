// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/content.h"
#include "core/instance.h"
#include "core/trace.h"

namespace stoq {

// The request's meta as the payloads that one round extracted see it: settled when nobody in that
// round can change it any more.
struct RoundFacts {
  RequestMeta request_meta;
  bool settled = false;
};

// What a worker dug out, before it is admitted.
struct Child {
  Content content;
  Sha256 sha256{};
  PayloadMeta meta;
  std::string extracted_by;
  std::shared_ptr<RoundFacts> round;
  uint64_t bytes_to_here = 0;  // extracted from the parent up to and with this child
};

// Children that can be no payloads of their own, whatever comes before them; known by their
// digests, for they may still be duplicates.
struct Beyond {
  std::string limit, plugin;
  std::vector<Sha256> digests;
};

inline constexpr uint64_t kOccurrencesListed =
    100;  // of one content in full; further ones are counted

struct DigestHash {
  size_t operator()(const Sha256& digest) const {
    size_t h;
    std::memcpy(&h, digest.data(), sizeof h);
    return h;
  }
};

// Something that did not get into the response, added up by limit and plugin.
struct LeftOut {
  std::string limit, plugin;
  std::optional<uint64_t> amount;
};

// One admitted payload and how far it has come.
struct Node {
  Node(Payload p, Request r, Node* of) : payload(std::move(p)), request(std::move(r)), parent(of) {}

  Payload payload;
  Request request;
  Node* parent;
  size_t place = 0;  // in its level

  // The way through the rounds. One thread at a time.
  enum class Stage : uint8_t { fresh, workers, deep, archive, done } stage = Stage::fresh;
  struct Planned {
    std::string name;
    std::shared_ptr<Instance> instance;
    std::string reason;  // for `explain` only
  };
  std::vector<Planned> plan;  // of this round
  size_t next = 0;
  unsigned worker_rounds = 0;  // rounds added by workers' dispatch_to
  unsigned deep_passes = 0;    // begun on it
  bool scanned = false;        // dispatched like any payload
  bool deep_round = false;     // this round is one of them
  struct Named {
    std::string name, by;
  };
  std::vector<std::string> requiring;  // while a plan is made: who waits for whom
  std::vector<Named> further;          // named by workers for the next round
  std::set<std::string, std::less<>>
      named;  // every worker that a dispatch_to or round named already
  NamedResults archivers;
  std::vector<std::string> archivers_run;
  std::unique_ptr<Trace> trace;  // when timings or reasons are asked for
  Errors errors;
  std::vector<LeftOut> left_out;
  bool withheld = false;  // only listed
  std::shared_ptr<RoundFacts> round;
  // What this payload's extractions gave so far: enough to tell which children can never be
  // admitted.
  std::unordered_map<Sha256, uint64_t, DigestHash> produced;  // digest -> occurrences
  uint64_t produced_new = 0;  // distinct ones that would be admitted if nothing came before

  // A later occurrence that asks for more than the first one got.
  Node* supplement_of = nullptr;
  bool whole = false;    // of a supplement: scanned like any payload, because the first was not
  bool archive = false;  // of a supplement: to be archived, because the first was not
  bool empty = false;    // of a supplement: nothing was left to do; not in the response

  // Under the lock of the scan.
  std::vector<Child> children;
  size_t children_admitted = 0;
  std::vector<Beyond> beyond;
  std::vector<Node*> held;  // admitted children that wait for their round's facts
  std::vector<LeftOut> left_out_at_admission;
  uint64_t extracted_bytes = 0;
  bool finished = false;
  std::vector<Node*> waiting;  // payloads that need to know what became of this one
  std::vector<Duplicate> duplicates;
  std::set<std::string, std::less<>>
      asked;  // names that this payload, or a supplement of it, was asked to be sent to
  bool asked_scan = true, asked_archive = true;
};

}  // namespace stoq
