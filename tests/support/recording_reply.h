// SPDX-License-Identifier: Apache-2.0
//
// A Reply that writes down what a plugin gives, in a form in which adapters can be compared:
// payloads whole, JSON canonical.
#pragma once

#include <string>
#include <vector>

#include "core/instance.h"
#include "plugins/echo.h"

namespace stoq::test {

class RecordingReply : public Reply {
 public:
  explicit RecordingReply(Payload* payload = nullptr, Request* request = nullptr,
                          ExtractionLimits limits = {})
      : payload_(payload), request_(request), meter_(limits, payload ? payload->size() : 0) {}

  bool result(std::string_view json) override {
    given.push_back("result " + Json::parse(json).text());
    return true;
  }
  void error(std::string_view text) override { given.push_back("error " + std::string(text)); }
  void failed(Failure failure, std::string_view type, std::string_view text) override {
    failures.push_back(failure);
    given.push_back("failed " + std::string(type) + ": " + std::string(text));
  }
  bool extract_begin(std::string_view payload_meta) override {
    content_.clear();
    return extract_meta(payload_meta);
  }
  void extract_write(Bytes chunk) override {
    content_.append(reinterpret_cast<const char*>(chunk.data()), chunk.size());
  }
  bool extract_meta(std::string_view payload_meta) override {
    meta_ = {};
    return meta_.update(Json::parse(payload_meta).text());
  }
  void extract_end(bool keep) override {
    if (keep)
      given.push_back("payload of " + std::to_string(content_.size()) + " bytes, sum " +
                      echo::sum(content_) + ", " + meta_.text());
  }
  ExtractionMeter& meter() override { return meter_; }
  bool dispatch(std::string_view plugin, std::string_view meta) override {
    given.push_back("dispatch " + std::string(plugin) + " " +
                    (meta.empty() ? "" : Json::parse(meta).text()));
    return true;
  }
  bool set_payload_meta(std::string_view json) override {
    return payload_ && payload_->payload_meta.update(Json::parse(json).text());
  }
  bool set_request_meta(std::string_view json) override {
    return request_ && request_->request_meta.update(Json::parse(json).text());
  }
  bool cancelled() override { return false; }

  std::vector<std::string> given;
  std::vector<Failure> failures;

 private:
  Payload* payload_;
  Request* request_;
  ExtractionMeter meter_;
  std::string content_;
  PayloadMeta meta_;
};

}  // namespace stoq::test
