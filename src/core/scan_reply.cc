// SPDX-License-Identifier: Apache-2.0
#include "core/scan_reply.h"

#include <algorithm>
#include <utility>

#include "core/answer.h"
#include "core/cores.h"
#include "core/interesting.h"
#include "json/canonical.h"
#include "stoq/sdk/json.h"

namespace stoq {
namespace {

constexpr uint64_t kErrorsOfOneCall = 1000;
constexpr uint64_t kErrorBytesOfOneCall = 1 << 20;
constexpr uint64_t kMuch = uint64_t{16} << 20;  // bytes of one extraction
constexpr size_t kLongestName = 255;            // no folder has a longer one

// What no plugin can be called is told of by its beginning.
std::string plugin_name(std::string_view name) {
  if (name.size() <= kLongestName) return std::string(name);
  return sdk::text_from_bytes(bytes_of(name.substr(0, kLongestName))) + "…";
}

uint64_t size_of(const PayloadMeta& meta) {
  std::string scratch;
  uint64_t size = meta.extra_data.view(scratch).size();
  for (const std::string& name : meta.dispatch_to) size += sizeof name + name.size();
  return size;
}

Sha256Stream& thread_hash() {
  thread_local Sha256Stream stream;
  return stream;
}

}  // namespace

ScanReply::ScanReply(Scan& scan, Node& node, const Instance& instance, Op op, std::string stage,
                     uint64_t allowance)
    : scan_(scan),
      node_(node),
      instance_(instance),
      name_(instance.info().name),
      op_(op),
      stage_(std::move(stage)) {
  ExtractionLimits limits = scan.settings_.extraction;
  limits.allowance = allowance;
  limits.before = node.extracted_bytes;
  if (!may_extract()) limits.children = 0;
  meter_ = ExtractionMeter(limits, node.payload.size());
}

ScanReply::~ScanReply() {
  if (lent_) scan_.context_.pool.take_back();
  if (meter_.open()) extract_end(false);  // it ended in the middle of a payload
  if (errors_dropped_ > 0) {
    const std::string text =
        "it gave " + std::to_string(errors_dropped_) + " more errors, which were left out";
    node_.errors.add(name_,
                     failure_text(stage_, name_, "StoqException", text, node_.payload.payload_id));
    Scan::leave_out(node_.left_out, "max_errors", name_, errors_dropped_);
  }
  // What stopped the extraction is told once, by the limit that did it.
  if (meter_.stopped() && !may_extract())
    record(op_ == Op::scan ? kExtractsNothing : "it gave a payload, which only workers may");
  else if (meter_.stopped() && meter_.tripped() != ExtractionMeter::Limit::spill)
    Scan::leave_out(node_.left_out, name_of(meter_.tripped()), name_, std::nullopt);
}

bool ScanReply::may_extract() const {
  return op_ == Op::scan && instance_.info().extracts;
}

void ScanReply::record(std::string_view text) {
  add(failure_text(stage_, name_, "StoqException", text, node_.payload.payload_id));
}

// Bounded in number and bytes, whatever one call brings.
void ScanReply::add(std::string text) {
  error_bytes_ += text.size() + 1;
  if (errors_dropped_ > 0 || errors_ >= kErrorsOfOneCall ||
      error_bytes_ > std::max(kErrorBytesOfOneCall, scan_.settings_.max_error_size + 1024)) {
    ++errors_dropped_;
    return;
  }
  if (scan_.add_error(node_, name_, std::move(text))) ++errors_;
}

bool ScanReply::canonical(std::string_view json, std::string& out, std::string_view what) {
  const json::Limits limits{.max_size = scan_.settings_.max_result_size,
                            .max_depth = scan_.settings_.max_result_depth};
  const json::Outcome outcome = json::canonicalise(json, out, limits);
  if (outcome) return true;
  record("its " + std::string(what) + " was refused: " + outcome.message);
  if (const std::string_view limit = limit_name(outcome.fault); !limit.empty())
    Scan::leave_out(node_.left_out, limit, name_, 1);
  return false;
}

// A bound on memory while the request runs; the exact cut is made when the response is put
// together.
bool ScanReply::bounded(uint64_t size) {
  uint64_t nothing = 0;
  return bounded(size, nothing);
}

// In place of what was `counted` before.
bool ScanReply::bounded(uint64_t size, uint64_t& counted) {
  const uint64_t before = std::exchange(counted, size);
  if (scan_.result_bytes_.fetch_add(size - before, std::memory_order_relaxed) - before <=
      2 * scan_.settings_.max_response_size)
    return true;
  Scan::leave_out(node_.left_out, "max_response_size", name_, size);
  return false;
}

bool ScanReply::result(std::string_view json) {
  std::string text;
  text.reserve(std::min<size_t>(json.size() + 16, 1 << 20));
  if (!canonical(json, text, "result")) return false;
  if (text == "null" || bounded(text.size(), result_bytes_))
    keep_result(op_ == Op::archive ? node_.archivers : node_.payload.worker_results.back(), name_,
                std::move(text));
  return true;
}

void ScanReply::error(std::string_view text) {
  add(clipped(text, scan_.settings_.max_error_size));
}

void ScanReply::failed(Failure failure, std::string_view type, std::string_view text) {
  std::string line = failure_text(
      stage_, name_, type, clipped(text, scan_.settings_.max_error_size), node_.payload.payload_id);
  const bool by_plugin = failure == Failure::raised || failure == Failure::memory;
  if (failure != Failure::raised && failure != Failure::refused) died();
  if (std::exchange(failed_, true) && by_plugin) return add(std::move(line));
  node_.errors.add(name_, std::move(line));
  if (const std::string_view limit = limit_name(failure); !limit.empty())
    node_.left_out.push_back({std::string(limit), name_, std::nullopt});
}

// That the time of the request was over is not the plugin's fault.
void ScanReply::died() {
  if (died_ || cancelled()) return;
  died_ = true;
  const PluginInfo& info = instance_.info();
  scan_.context_.quarantine.died(info.name, info.version, node_.payload.sha256(), scan_.settings_);
}

bool ScanReply::extract_begin(std::string_view payload_meta) {
  meta_.reset();
  if (!extract_meta(payload_meta)) return false;
  // The payloads come from another process: before they fill the store, somebody else looks at them
  // meanwhile, where there is a core to do so.
  if (!lent_ && instance_.group() && meter_.bytes() >= kMuch && cores_allowed() > 1) {
    lent_ = true;
    scan_.context_.pool.lend();
  }
  if (node_.payload.level >= scan_.settings_.max_recursion)
    hash_only_ = &thread_hash();
  else
    writer_.emplace(scan_.context_.store);
  return true;
}

bool ScanReply::extract_meta(std::string_view payload_meta) {
  PayloadMeta meta;
  std::string text;
  if (!canonical(payload_meta, text, "payload_meta")) return false;
  if (!meta.update(text)) {
    record("its payload_meta was refused: " + std::string(kPayloadMetaShape));
    return false;
  }
  bound_names(meta);
  meta_ = std::move(meta);
  return true;
}

void ScanReply::bound_names(PayloadMeta& meta) {
  if (meta.dispatch_to.size() > kNamesOfOneCall) {
    record("a payload is sent to " + std::to_string(meta.dispatch_to.size()) +
           " plugins; those beyond 1000 were left out");
    meta.dispatch_to.resize(kNamesOfOneCall);
  }
  for (std::string& name : meta.dispatch_to) name = plugin_name(name);
}

void ScanReply::extract_write(Bytes chunk) {
  if (hash_only_) {
    hash_only_->update(chunk);
    return;
  }
  if (!writer_ || meter_.oversized()) return;
  if (writer_->append(chunk)) return;
  node_.left_out.push_back({"spill", name_, std::nullopt});
  record(writer_->problem());
  meter_.stop(ExtractionMeter::Limit::spill);
  writer_.reset();
}

void ScanReply::extract_end(bool keep_it) {
  Child child;
  const bool kept = keep_it && meta_ && !meter_.stopped() && (writer_ || hash_only_);
  if (hash_only_) {
    child.sha256 = hash_only_->finish();
    hash_only_ = nullptr;
  } else if (kept) {
    child.content = writer_->finish(child.sha256);
  }
  writer_.reset();
  if (!kept) return;
  if (meter_.oversized()) {
    Scan::leave_out(node_.left_out, name_of(ExtractionMeter::Limit::payload), name_,
                    meter_.current());
    return;
  }
  if (!bounded(size_of(*meta_))) {
    meta_->extra_data = Json::object();
    meta_->dispatch_to.clear();
  }
  child.meta = std::move(*meta_);
  child.extracted_by = name_;
  child.round = node_.round;
  child.bytes_to_here = node_.extracted_bytes + meter_.bytes();
  keep(std::move(child));
}

void ScanReply::keep(Child child) {
  const bool too_deep = node_.payload.level >= scan_.settings_.max_recursion;
  const uint64_t places = scan_.settings_.max_payloads;
  const uint64_t plain_places = places - std::min(places, scan_.settings_.reserved_payloads);
  const auto found = node_.produced.find(child.sha256);
  const bool crowded = node_.produced_new >= plain_places &&
                       (node_.produced_new >= places || !interesting(child.content.bytes()));

  std::unique_lock lock(scan_.mutex_);
  if (found != node_.produced.end() && found->second > kOccurrencesListed &&
      child.meta.dispatch_to.empty()) {
    ++found
          ->second;  // counted when this payload is done: the first, and a hundred further ones, are on their way already
  } else if (found == node_.produced.end() && (too_deep || crowded)) {
    const std::string_view limit = too_deep ? "max_recursion" : "max_payloads";
    if (node_.beyond.empty() || node_.beyond.back().plugin != name_ ||
        node_.beyond.back().limit != limit)
      node_.beyond.push_back({std::string(limit), name_, {}});
    node_.beyond.back().digests.push_back(child.sha256);
  } else {
    if (found == node_.produced.end()) {
      node_.produced.emplace(child.sha256, 1);
      ++node_.produced_new;
    } else if (found->second <= kOccurrencesListed) {
      ++found->second;
    }
    node_.children.push_back(std::move(child));
    scan_.advance();
    scan_.publish(lock);
  }
}

bool ScanReply::dispatch(std::string_view plugin, std::string_view meta) {
  if (named.size() >= kNamesOfOneCall) {
    if (named.size() == kNamesOfOneCall) {
      record("it names more than 1000 plugins; the rest was left out");
      named.emplace_back();  // told once
    }
    return true;
  }
  std::string text;
  if (!meta.empty() && !canonical(meta, text, "dispatch meta")) return false;
  named.push_back(plugin_name(plugin));
  const bool deep = op_ == Op::get_deep_dispatches;
  if (!deep && op_ != Op::get_dispatches) return true;  // a worker's: there is no meta
  if (text.empty() || !bounded(text.size())) return true;
  metas_.set(named.back(), Json::from_canonical(std::move(text)));
  return true;
}

void ScanReply::answered() {
  keep_metas(dispatch_metas(op_ == Op::get_deep_dispatches), name_, metas_);
}

bool ScanReply::kept() {
  return scan_.kept_from(node_, instance_, stage_);
}

NamedResults& ScanReply::dispatch_metas(bool deep) {
  return deep ? node_.payload.deep_dispatch_meta : node_.payload.dispatch_meta;
}

bool ScanReply::set_payload_meta(std::string_view json) {
  std::string text;
  if (!canonical(json, text, "payload_meta")) return false;
  if (!instance_.info().changes_payload) {
    record(kLeavesPayload);
    return false;
  }
  PayloadMeta next = node_.payload.payload_meta;
  if (!next.update(text)) {
    record("its payload_meta was refused: " + std::string(kPayloadMetaShape));
    return false;
  }
  bound_names(next);
  if (bounded(size_of(next), meta_bytes_)) node_.payload.payload_meta = std::move(next);
  return true;
}

bool ScanReply::set_request_meta(std::string_view json) {
  std::string text;
  if (!canonical(json, text, "request_meta")) return false;
  if (!instance_.info().changes_request) {
    record(kLeavesRequest);
    return false;
  }
  if (!bounded(text.size(), request_meta_bytes_)) return true;
  if (node_.request.request_meta.update(text)) return true;
  record("its request_meta was refused: " + std::string(kRequestMetaShape));
  return false;
}

bool ScanReply::set_dispatch_meta(bool deep, std::string_view json) {
  std::string text;
  if (!canonical(json, text, "dispatch meta")) return false;
  if (!text.starts_with('{')) {
    record("its dispatch meta was refused: it must be an object");
    return false;
  }
  if (op_ == Op::scan && !instance_.info().changes_payload) {
    record("it changes dispatch meta, which its manifest rules out (changes_payload = no)");
    return false;
  }
  if (!bounded(text.size())) return true;
  for (const auto& [dispatcher, meta] : sdk::JsonView(text).members()) {
    if (++metas_set_ > kNamesOfOneCall) {
      if (metas_set_ == kNamesOfOneCall + 1)
        record("it sets more than 1000 dispatch metas; the rest was left out");
      break;
    }
    dispatch_metas(deep).set(dispatcher, Json::from_canonical(std::string(meta.text())));
  }
  return true;
}

bool ScanReply::cancelled() {
  return Scan::Clock::now() >= scan_.deadline_.load();
}

int64_t ScanReply::time_left() {
  return std::max<int64_t>(0, std::chrono::duration_cast<std::chrono::milliseconds>(
                                  scan_.deadline_.load() - Scan::Clock::now())
                                  .count());
}

}  // namespace stoq
