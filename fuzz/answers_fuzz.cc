// SPDX-License-Identifier: Apache-2.0
// The engine reading what a host answers: whatever it says, the limits hold, steps come in order,
// and no descriptor is left.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/answers.h"
#include "fuzz/target.h"

using namespace stoq;
using fuzz::must;
using wire::Record;

namespace {

constexpr ExtractionLimits kLimits{.children = 3, .bytes = 1000, .payload = 600, .ratio = 0};

class Checked final : public SilentReply {
 public:
  bool result(std::string_view json) override { return read(json); }
  void error(std::string_view text) override { read(text); }
  void failed(Failure, std::string_view type, std::string_view text) override {
    read(type), read(text);
  }
  bool extract_begin(std::string_view meta) override {
    must(meter_.open() && !open_);
    open_ = true;
    return read(meta);
  }
  void extract_write(Bytes chunk) override {
    must(open_);
    bytes_ += chunk.size();
    must(bytes_ <= kLimits.bytes);
  }
  bool extract_meta(std::string_view meta) override {
    must(open_);
    return read(meta);
  }
  void extract_end(bool) override {
    must(open_ && ++children_ <= kLimits.children);
    open_ = false;
  }
  ExtractionMeter& meter() override { return meter_; }
  bool dispatch(std::string_view name, std::string_view meta) override {
    return read(name) && read(meta);
  }
  bool set_payload_meta(std::string_view json) override { return read(json); }
  bool set_request_meta(std::string_view json) override { return read(json); }
  bool set_dispatch_meta(bool, std::string_view json) override { return read(json); }
  bool put_payload(Bytes content, std::string_view meta, std::string_view request,
                   uint64_t) override {
    return read(fuzz::text_of(content)) && read(meta) && read(request);
  }
  bool put_task(std::string_view task, std::string_view request, uint64_t) override {
    return read(task) && read(request);
  }
  bool open() const { return open_; }

 private:
  // Every byte of it, for a sanitizer.
  bool read(std::string_view text) { return std::string(text).find('!') == std::string::npos; }

  ExtractionMeter meter_{kLimits, 10};
  bool open_ = false;
  uint64_t bytes_ = 0, children_ = 0;
};

// Messages out of the input: how (a byte), length, body; or what the host says of its progress.
class Script final : public Peer {
 public:
  explicit Script(fuzz::Bytes data) : in_(data) {}
  wire::Received receive(wire::Message& message) override {
    message.fds.clear();
    if (in_.empty() || ended_) return wire::Received::closed;
    const uint8_t how = in_.byte();
    if (how & 64) {
      progress_.answered = in_.byte() - 1u;  // or more than there can be
      uint64_t since = 0;
      for (int i = 0; i < 8; ++i) since = since << 8 | in_.byte();
      progress_.since = std::chrono::steady_clock::time_point(
          std::chrono::steady_clock::duration(static_cast<int64_t>(since)));
    }
    if (how & 1) return wire::Received::timeout;
    body_ = in_.text();
    ended_ = how & 32;
    if (ended_) return wire::Received::closed;
    message.header = {how & 2 ? wire::Type::ended : wire::Type::records, 0, how & 4 ? 8u : 7u,
                      body_.size()};
    message.body = body_;
    if (how & 8) message.fds.push_back(wire::memory_file("fuzz", body_));
    if (how & 16) message.fds.emplace_back(open("/dev/null", O_RDONLY | O_CLOEXEC));
    return wire::Received::message;
  }
  bool send(wire::Header header, std::string_view) override {
    must(header.type == wire::Type::put_reply && header.call == 7);
    return true;
  }
  void kill() override { killed = true; }
  std::string unsent(uint64_t call, uint64_t) override {
    must(call == 7);
    return ended_ ? body_ : "";
  }
  Outbox::Progress progress(uint64_t call) override {
    must(call == 7);
    return progress_;
  }
  bool killed = false;

 private:
  fuzz::Input in_;
  std::string body_;
  bool ended_ = false;
  Outbox::Progress progress_;
};

std::string message(char how, std::string_view records) {
  return how + fuzz::Input::text_for(records);
}

}  // namespace

STOQ_FUZZ(answers) {
  const int free_before = Fd(open("/dev/null", O_RDONLY | O_CLOEXEC)).get();
  {
    Script host(data);
    fuzz::NoPlugin plugin;
    Checked replies[2];
    stoq::Input first, second;
    BatchItem items[] = {{Op::scan, &plugin, &replies[0], &first},
                         {Op::scan, &plugin, &replies[1], &second}};
    const double deadline = data.size() % 2 ? 60 : 0;
    const double deadlines[] = {deadline, deadline};
    const Conversation::Log log = [](LogLevel level, std::string_view, std::string_view line) {
      must(name_of(level) != "" && line.size() <= wire::kDatagram);
    };
    const auto ending = Conversation(host, 7, items, deadlines, 1024, log).run();
    must(host.killed == (ending && ending->failure != Failure::crashed));
    must(!ending || ending->at <= 2);
    must(ending || (!replies[0].open() && !replies[1].open()));
  }
  must(Fd(open("/dev/null", O_RDONLY | O_CLOEXEC)).get() == free_before);
}

STOQ_FUZZ_SEEDS(answers) {
  using fuzz::record;
  wire::Writer put;
  put.u64(1).text("{}").text("").text("content");
  const std::string done = record(Record::plugin_done), end = record(Record::call_done);
  const std::string child =
      record(Record::extract_begin, "{}") + record(Record::extract_write, "child") +
      record(Record::extract_meta, R"({"should_scan": false})") + record(Record::extract_end, "\1");
  return {
      message(0, record(Record::result, "[1]") + done) + "\1" +
          message(0, record(Record::error, "e") + done + end),
      message(0, child + child + done + done + end),
      message(0, record(Record::result, "[1]") + done) + message(32, child + child),
      message(0, child + record(Record::extract_stopped, "\1") + done + done + end),
      message(0, record(Record::part, "[1") + record(Record::result, ", 2]") + done),
      message(0, record(Record::dispatch, {"w\0{}", 4}) + record(Record::failed, {"A\0b", 3})),
      message(0, record(Record::log, "\x14line") + record(Record::put_payload, put.str())),
      message(24, record(Record::put_file, put.str()) + record(Record::put_task, put.str())),
      message(8, record(Record::put_payload, put.str()) + record(Record::expect, "12345678")),
      message(0, record(Record::set_payload_meta, "{}") + record(Record::set_request_meta, "{}")),
      "\x41\2" + std::string(8, '\0') +
          message(0, record(Record::result, "[1]") + done + done + end)};
}
