// SPDX-License-Identifier: Apache-2.0
#include "core/collect_reply.h"

#include "core/answer.h"
#include "json/canonical.h"

namespace stoq {
namespace {

ExtractionLimits limits_of(const Settings& settings, uint64_t children) {
  ExtractionLimits limits = settings.extraction;
  limits.children = children;
  limits.ratio = 0;  // there is no input to compare with
  return limits;
}

}  // namespace

CollectReply::CollectReply(const Settings& settings, const Store& store, uint64_t children,
                           std::optional<Changes> changes)
    : settings_(settings),
      store_(store),
      changes_(changes),
      meter_(limits_of(settings, children), 0) {}

bool CollectReply::canonical(std::string_view json, std::string& out) {
  const json::Outcome outcome = json::canonicalise(
      json, out, {.max_size = settings_.max_result_size, .max_depth = settings_.max_result_depth});
  if (!outcome) error("what it gave was refused: " + outcome.message);
  return static_cast<bool>(outcome);
}

void CollectReply::fail(std::string text) {
  if (problem.empty()) problem = std::move(text);
}

bool CollectReply::result(std::string_view json) {
  std::string text;
  if (!canonical(json, text)) return false;
  results = Json::from_canonical(std::move(text));
  return true;
}

void CollectReply::error(std::string_view text) {
  if (errors.size() < kMost) errors.push_back(clipped(text, settings_.max_error_size));
}

void CollectReply::failed(Failure, std::string_view type, std::string_view text) {
  fail(std::string(type) + ": " + clipped(text, settings_.max_error_size));
}

bool CollectReply::extract_meta(std::string_view payload_meta) {
  PayloadMeta meta;
  std::string text;
  if (!canonical(payload_meta, text)) return false;
  if (!meta.update(text)) {
    error("its payload_meta was refused: " + std::string(kPayloadMetaShape));
    return false;
  }
  meta_ = std::move(meta);
  if (!writer_) writer_.emplace(store_);
  return true;
}

void CollectReply::extract_write(Bytes chunk) {
  if (!writer_ || meter_.oversized() || writer_->append(chunk)) return;
  fail(writer_->problem());
  full |= writer_->full();
  meter_.stop(ExtractionMeter::Limit::spill);
  writer_.reset();
}

void CollectReply::extract_end(bool keep) {
  if (meter_.oversized())
    fail("the payload has " + std::to_string(meter_.current()) +
         " bytes, more than max_payload_size = " + std::to_string(settings_.extraction.payload) +
         " allows");
  else if (keep && writer_ && !meter_.stopped()) {
    Sha256 digest;
    Content content = writer_->finish(digest);
    payloads.emplace_back(std::move(content), std::move(meta_));
    payloads.back().set_sha256(digest);
  }
  writer_.reset();
  meta_ = {};
}

// Of more payloads than are taken the others are left out.
void CollectReply::extract_stopped() {
  if (meter_.tripped() == ExtractionMeter::Limit::children) {
    if (changes_ && !changes_->plugin.extracts) error(kExtractsNothing);
  } else {
    fail("it gave more than " + std::string(name_of(meter_.tripped())) + " allows");
  }
}

bool CollectReply::dispatch(std::string_view plugin, std::string_view meta) {
  std::string text;
  if (!meta.empty() && !canonical(meta, text)) return false;
  named_bytes_ += text.size();
  if (named.size() < kMost && named_bytes_ <= settings_.max_response_size)
    named.emplace_back(plugin, std::move(text));
  return true;
}

bool CollectReply::set_payload_meta(std::string_view json) {
  std::string text;
  if (!changes_ || !canonical(json, text)) return false;
  if (!changes_->plugin.changes_payload)
    error(kLeavesPayload);
  else if (changes_->payload.payload_meta.update(text))
    return true;
  else
    error("its payload_meta was refused: " + std::string(kPayloadMetaShape));
  return false;
}

bool CollectReply::set_request_meta(std::string_view json) {
  std::string text;
  if (!changes_ || !canonical(json, text)) return false;
  if (!changes_->plugin.changes_request)
    error(kLeavesRequest);
  else if (changes_->request.request_meta.update(text))
    return true;
  else
    error("its request_meta was refused: " + std::string(kRequestMetaShape));
  return false;
}

}  // namespace stoq
