// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/stat.h>
#include <unistd.h>

#include "core/deliver_reply.h"
#include "core/run.h"
#include "json/canonical.h"
#include "stoq/sdk/json.h"

namespace stoq {

// What a provider says while it ingests.
class RunReply final : public DeliverReply {
 public:
  RunReply(Run& run, std::shared_ptr<Instance> provider)
      : run_(run), provider_(std::move(provider)) {}
  bool cancelled() override { return run_.stopped_; }
  int64_t time_left() override { return run_.cut_ ? 0 : INT64_MAX; }

  bool put_payload(Bytes content, std::string_view meta, std::string_view request,
                   uint64_t token) override {
    Run::Item item = begin(token, request);
    if (!read_meta(meta, item.meta))
      return refuse(item, "its payload_meta is not an object of the right shape");
    std::optional<Store::Writer> writer;
    const auto kept = [&] {
      return writer.emplace(run_.engine_.store(), content.size()).append(content);
    };
    bool idle = false, waits = false;
    while (!kept()) {
      const std::string why = writer->problem();
      writer.reset();  // what has been written takes up room, too
      if (idle) return refuse(item, why, Outcome::retry);
      if (!run_.wait_for_room(idle)) return false;
      if (!idle && !std::exchange(waits, true))
        STOQ_LOG(run_.engine_.log(), LogLevel::warning, Run::waits(item, why));
    }
    if (waits) STOQ_LOG(run_.engine_.log(), LogLevel::warning, Run::kGoesOn);
    Sha256 digest;
    item.payload.emplace(writer->finish(digest), item.meta);
    item.payload->set_sha256(digest);
    item.bytes = content.size();
    return run_.put(std::move(item));
  }
  bool put_file(int fd, std::string_view meta, std::string_view request, uint64_t token) override {
    Run::Item item = begin(token, request);
    item.fd = fd;
    struct stat st {};
    if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
      return refuse(item, "it is no regular file");  // reading it might never end
    if (!read_meta(meta, item.meta))
      return refuse(item, "its payload_meta is not an object of the right shape");
    return run_.put(std::move(item));
  }
  bool put_task(std::string_view task, std::string_view request, uint64_t token) override {
    Run::Item item = begin(token, request);
    const json::Limits limits{.max_size = run_.engine_.settings().max_result_size};
    const json::Outcome outcome = json::canonicalise(task, item.task, limits);
    if (!outcome) return refuse(item, "the task is not taken: " + outcome.message);
    if (sdk::JsonView(item.task).kind() != sdk::JsonKind::object || item.task == "{}")
      return refuse(item, "the task is no object of the form {archiver: results of its archive}");
    item.bytes = item.task.size();
    return run_.put(std::move(item));
  }
  void expect(uint64_t items) override {
    const std::lock_guard lock(run_.mutex_);
    run_.expected_[provider_.get()] = items;
  }

 private:
  template <class Meta>
  static bool read_meta(std::string_view text, Meta& meta) {
    if (text.empty()) return true;
    std::string canonical;
    return json::canonicalise(text, canonical) && meta.update(canonical);
  }
  Run::Item begin(uint64_t token, std::string_view request) {
    Run::Item item;
    item.provider = provider_;
    item.token = token;
    item.request = run_.options_.request_meta ? *run_.options_.request_meta : RequestMeta{};
    read_meta(request, item.request);
    return item;
  }
  bool refuse(Run::Item& item, std::string_view why, Outcome what = Outcome::failed) {
    if (item.fd >= 0) close(item.fd);
    run_.outcome(item, what, why);
    return !run_.stopped_;
  }

  Run& run_;
  std::shared_ptr<Instance> provider_;
};

}  // namespace stoq
