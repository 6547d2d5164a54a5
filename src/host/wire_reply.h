// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "core/instance.h"
#include "host/call_message.h"
#include "host/channel.h"
#include "host/outbox.h"
#include "json/canonical.h"
#include "stoq/log.h"

namespace stoq {

// In a host: carries what a plugin gives back to the engine, in as few messages as possible.
class WireReply final : public Reply {
 public:
  // `outbox` may be null: then everything goes off at once.
  WireReply(int socket, Outbox* outbox, uint64_t call, const wire::CallMessage& message);

  // The plugin that answers from here on, and what. Later plugins of the same trip see its results,
  // or as a dispatcher its metas, when they are kept.
  void begin(const PluginInfo& plugin, const wire::CallItem& item, Input& input, bool keep);
  void plugin_done();
  void call_done();

  bool result(std::string_view json) override;
  void error(std::string_view text) override;
  void failed(Failure failure, std::string_view type, std::string_view text) override;
  bool extract_begin(std::string_view payload_meta) override;
  void extract_write(Bytes chunk) override;
  bool extract_meta(std::string_view payload_meta) override;
  void extract_end(bool keep) override;
  void extract_stopped() override;
  ExtractionMeter& meter() override { return meter_; }
  bool dispatch(std::string_view plugin, std::string_view meta) override;
  bool set_payload_meta(std::string_view json) override;
  bool set_request_meta(std::string_view json) override;
  bool set_dispatch_meta(bool deep, std::string_view json) override;
  bool cancelled() override;
  int64_t time_left() override;
  bool put_payload(Bytes content, std::string_view meta, std::string_view request,
                   uint64_t token) override;
  bool put_file(int fd, std::string_view meta, std::string_view request, uint64_t token) override;
  void expect(uint64_t items) override;
  bool put_task(std::string_view task, std::string_view request, uint64_t token) override;

  void log(LogLevel level, std::string_view line);
  // From the thread that reads the socket: the answer to a put.
  void put_answered(bool go_on);

 private:
  void record(wire::Record kind, std::string_view bytes, std::string_view more = {});
  void flush(const std::vector<int>& fds = {});
  void give(wire::Record kind, std::string_view bytes, std::string_view more = {});
  template <class Meta>
  bool read(std::string_view what, std::string_view shape, std::string_view json,
            std::string& canonical, Meta& meta);
  bool put(wire::Record kind, const std::string& body, int fd);

  const int socket_;
  Outbox* const outbox_;
  const uint64_t call_;
  const ExtractionLimits limits_;
  const uint64_t max_result_;
  const bool ingests_;
  const json::Limits json_limits_;
  const std::chrono::steady_clock::time_point request_end_;
  std::chrono::steady_clock::time_point deadline_;
  std::atomic<bool> told_of_end_ = false;
  ExtractionMeter meter_;
  Input* input_ = nullptr;
  const PluginInfo* plugin_ = nullptr;
  bool keep_results_ = false;
  NamedResults* keep_metas_ = nullptr;  // where those of a dispatcher are kept
  NamedResults metas_;                  // of a dispatcher
  std::string out_;
  uint64_t sent_ = 0;  // bytes that messages carry
  size_t kept_ = 0;    // of out_, that are in the outbox
  std::chrono::steady_clock::time_point flushed_;

  std::mutex mutex_;  // of records: a provider may put and log from several threads
  std::mutex put_mutex_;
  std::condition_variable answered_;
  enum class Answer : uint8_t { none, go_on, stop };
  std::atomic<Answer> answer_ = Answer::none;
};

}  // namespace stoq
