// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "core/settings.h"
#include "core/silent_reply.h"
#include "core/store.h"

namespace stoq {

// Keeps whatever one call gives, within the limits of one call: for calls outside of a scan.
class CollectReply final : public SilentReply {
 public:
  // What a call may change, as far as the plugin's manifest lets it.
  struct Changes {
    Payload& payload;
    Request& request;
    const PluginInfo& plugin;
  };
  // `children`: so many payloads are taken.
  CollectReply(const Settings& settings, const Store& store, uint64_t children = 0,
               std::optional<Changes> changes = {});

  bool result(std::string_view json) override;
  void error(std::string_view text) override;
  void failed(Failure failure, std::string_view type, std::string_view text) override;
  bool extract_begin(std::string_view payload_meta) override { return extract_meta(payload_meta); }
  void extract_write(Bytes chunk) override;
  bool extract_meta(std::string_view payload_meta) override;
  void extract_end(bool keep) override;
  void extract_stopped() override;
  ExtractionMeter& meter() override { return meter_; }
  bool dispatch(std::string_view plugin, std::string_view meta) override;
  bool set_payload_meta(std::string_view json) override;
  bool set_request_meta(std::string_view json) override;

  // Why a call is no success whose plugin gave errors or failed; "" when it did neither.
  std::string first_error() const {
    if (!problem.empty() || errors.empty()) return problem;
    return errors.front().empty() ? "an error without a text" : errors.front();
  }

  Json results;
  std::vector<std::string> errors;
  std::vector<Payload> payloads;
  std::vector<std::pair<std::string, std::string>> named;  // plugin, its meta or ""
  std::string problem;                                     // why the call failed
  bool full = false;                                       // the store had no room for a payload

 private:
  static constexpr size_t kMost = 1000;  // errors, names

  bool canonical(std::string_view json, std::string& out);
  void fail(std::string text);

  const Settings& settings_;
  const Store& store_;
  std::optional<Changes> changes_;
  ExtractionMeter meter_;
  uint64_t named_bytes_ = 0;
  std::optional<Store::Writer> writer_;
  PayloadMeta meta_;
};

}  // namespace stoq
