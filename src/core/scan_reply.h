// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "core/digest.h"
#include "core/scan.h"

namespace stoq {

// One call into a worker, dispatcher or archiver on one payload: checks what comes back and puts it where it
// belongs.
class ScanReply final : public Reply {
 public:
  // `stage` begins the texts of errors ("worker:failed to scan").
  ScanReply(Scan& scan, Node& node, const Instance& instance, Op op, std::string stage,
            uint64_t allowance);
  ~ScanReply() override;
  ScanReply(const ScanReply&) = delete;
  ScanReply& operator=(const ScanReply&) = delete;

  bool result(std::string_view json) override;
  void error(std::string_view text) override;
  void failed(Failure failure, std::string_view type, std::string_view text) override;
  bool extract_begin(std::string_view payload_meta) override;
  void extract_write(Bytes chunk) override;
  bool extract_meta(std::string_view payload_meta) override;
  void extract_end(bool keep) override;
  ExtractionMeter& meter() override { return meter_; }
  bool dispatch(std::string_view plugin, std::string_view meta) override;
  bool set_payload_meta(std::string_view json) override;
  bool set_request_meta(std::string_view json) override;
  bool set_dispatch_meta(bool deep, std::string_view json) override;
  bool cancelled() override;
  int64_t time_left() override;

  void answered() override;
  bool kept() override;

  std::vector<std::string> named;  // in order
  const std::string& name() const { return name_; }
  Op op() const { return op_; }

 private:
  bool may_extract() const;
  bool canonical(std::string_view json, std::string& out, std::string_view what);
  void record(std::string_view text);
  void died();
  bool bounded(uint64_t size);
  bool bounded(uint64_t size, uint64_t& counted);
  void bound_names(PayloadMeta& meta);
  void add(std::string text);
  void keep(Child child);
  NamedResults& dispatch_metas(bool deep);

  Scan& scan_;
  Node& node_;
  const Instance& instance_;
  const std::string& name_;
  Op op_;
  std::string stage_;
  ExtractionMeter meter_;
  std::optional<Store::Writer> writer_;
  Sha256Stream* hash_only_ = nullptr;  // too deep to be admitted: only its identity matters
  std::optional<PayloadMeta> meta_;
  uint64_t error_bytes_ = 0, errors_ = 0, errors_dropped_ = 0;
  NamedResults metas_;  // of plugins that a dispatcher names
  uint64_t metas_set_ = 0;
  // Of those that stand, for bounded().
  uint64_t result_bytes_ = 0, meta_bytes_ = 0, request_meta_bytes_ = 0;
  bool failed_ = false, died_ = false;
  bool lent_ = false;
};

// Calls that share a trip, as far as hosts let them.
struct Scan::Trip {
  explicit Trip(Scan& of) : scan(of) {}
  void take(Node& node) {  // the payload of what is added from here on
    input = &inputs.emplace_back(Input{.payload = &node.payload, .request = &node.request});
    at = &node;
  }
  void add(Instance& instance, Op op, const std::string& stage) {
    replies.emplace_back(std::piecewise_construct, std::forward_as_tuple(at),
                         std::forward_as_tuple(scan, *at, instance, op, stage, 0));
    items.push_back({op, &instance, &replies.back().second, input});
  }
  void go() { call_batch(items); }

  Scan& scan;
  Node* at = nullptr;
  Input* input = nullptr;
  std::deque<Input> inputs;
  std::deque<std::pair<Node*, ScanReply>> replies;
  std::vector<BatchItem> items;
};

}  // namespace stoq
