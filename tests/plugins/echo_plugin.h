// SPDX-License-Identifier: Apache-2.0
//
// The test plugins as packages: stoq/sdk/plugin.h over echo.h.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <set>
#include <thread>

#include "echo.h"
#include "stoq/sdk/plugin.h"

namespace stoq::test::echo {

// Extraction takes text here.
class CallSink {
 public:
  explicit CallSink(sdk::Call& call) : call_(call) {}
  void result(std::string_view json) { call_.result(json); }
  void error(std::string_view text) { call_.error(text); }
  void dispatch(std::string_view plugin, std::string_view meta = {}) {
    call_.dispatch(plugin, meta);
  }
  void set_payload_meta(std::string_view json) { call_.set_payload_meta(json); }
  void set_request_meta(std::string_view json) { call_.set_request_meta(json); }
  bool begin(std::string_view payload_meta = "{}") { return call_.begin(payload_meta); }
  bool meta(std::string_view payload_meta) { return call_.meta(payload_meta); }
  bool write(std::string_view text) {
    return call_.write({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }
  bool end(bool keep = true) { return call_.end(keep); }
  bool extract(std::string_view text, std::string_view payload_meta = "{}") {
    return begin(payload_meta) && write(text) && end();
  }

 private:
  sdk::Call& call_;
};

inline Facts facts_of(const sdk::Payload& p, const sdk::Call& call) {
  const auto fact = [&](uint32_t which) {
    return std::string(sdk::view(call.raw()->api->fact(call.raw(), which)));
  };
  return {fact(STOQ_FACT_PAYLOAD_ID),
          fact(STOQ_FACT_EXTRACTED_FROM),
          fact(STOQ_FACT_EXTRACTED_BY),
          fact(STOQ_FACT_PAYLOAD_META),
          fact(STOQ_FACT_REQUEST_META),
          fact(STOQ_FACT_DISPATCH_META),
          fact(STOQ_FACT_DEEP_DISPATCH_META),
          fact(STOQ_FACT_RESULTS),
          fact(STOQ_FACT_PLUGINS_RUN),
          fact(STOQ_FACT_ANCESTORS),
          hex(p.sha256().data(), 32),
          p.level(),
          p.text()};
}

// The content once more, by descriptor: an error when it is not the same.
inline void check_descriptor(const sdk::Payload& p, sdk::Call& call) {
  if (p.size() > (1 << 20)) return;
  const int fd = call.content_fd();
  std::string read_back(p.size() + 1, '\0');
  const ssize_t n = fd < 0 ? -1 : read(fd, read_back.data(), read_back.size());
  read_back.resize(n < 0 ? 0 : static_cast<size_t>(n));
  if (n < 0 || read_back != p.text()) call.error("content_fd gives something else than content");
}

struct EchoWorker {
  void scan(const sdk::Payload& p, sdk::Call& call) {
    check_descriptor(p, call);
    CallSink sink(call);
    echo::scan(facts_of(p, call), sink);
  }
};
struct EchoSecond {
  struct Thread {
    uint64_t calls = 0;
  };
  void scan(const sdk::Payload& p, sdk::Call& call, Thread& thread) {
    ++thread.calls;
    CallSink sink(call);
    echo::second(facts_of(p, call), sink);
  }
};
struct EchoDispatcher {
  void get_dispatches(const sdk::Payload& p, sdk::Call& call) {
    CallSink sink(call);
    echo::get_dispatches(facts_of(p, call), sink);
  }
};
struct EchoDeepDispatcher {
  void get_deep_dispatches(const sdk::Payload& p, sdk::Call& call) {
    CallSink sink(call);
    echo::get_deep_dispatches(facts_of(p, call), sink);
  }
};
struct EchoArchiver {
  void archive(const sdk::Payload& p, sdk::Call& call) {
    CallSink sink(call);
    echo::archive(facts_of(p, call), sink);
  }
  void get(sdk::Call& call) {
    CallSink sink(call);
    echo::get(call.task().text(), sink);
  }
};
struct EchoDecorator {
  void decorate(sdk::Call& call) {
    CallSink sink(call);
    echo::decorate(call.response(), sink);
  }
};

inline void append(const std::string& path, const std::string& line) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0 || write(fd, line.data(), line.size()) != static_cast<ssize_t>(line.size()))
    throw sdk::Error("cannot write to " + path);
  close(fd);
}

// One line a response, at `path`, after so many milliseconds; behind a word where they are to be
// durable.
class EchoConnector {
 public:
  explicit EchoConnector(const sdk::Host& host)
      : path_(host.text("path")),
        before_(host.boolean("durable") ? "durable " : ""),
        takes_(static_cast<useconds_t>(host.integer("takes"))) {}
  void save(sdk::Call& call) {
    usleep(1000 * takes_);
    append(path_, before_ + std::string(call.response()) + "\n");
  }
  static constexpr sdk::Option options[] = {
      {"path", sdk::Kind::text, nullptr, "where responses go"},
      {"durable", sdk::Kind::boolean, "false", "say so"},
      {"takes", sdk::Kind::integer, "0", "milliseconds that a save takes"}};

 private:
  std::string path_, before_;
  useconds_t takes_;
};

// Puts what `items` asks for, under tokens from 1 on: "payload", "file", "task", "big N" (MiB),
// "many N" (payloads), "chatty N" (the same, and a thread that logs without end meanwhile),
// "until_stopped" (as many as it may), "wait" (until cancelled, without putting anything), "deaf"
// (for ever, whoever asks it to stop). What becomes of them is told in the file `outcomes`.
class EchoProvider {
 public:
  explicit EchoProvider(const sdk::Host& host)
      : items_(host.list("items")),
        folder_(std::string(host.text("folder"))),
        outcomes_(host.text("outcomes")),
        outcome_takes_(static_cast<useconds_t>(host.integer("outcome_takes"))),
        host_(host) {}
  ~EchoProvider() { append(outcomes_, "destroyed\n"); }
  void ingest(sdk::Call& call) {
    uint64_t token = 0;
    const std::string_view root = "root";
    const auto bytes = [](std::string_view text) {
      return std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size());
    };
    for (const std::string& item : items_) {
      ++token;
      if (item == "payload")
        call.put_payload(bytes(root), R"({"extra_data": {"filename": "a payload"}})", token,
                         R"({"source": "test"})");
      if (item == "file")
        call.put_file(open((folder_ + "/file").c_str(), O_RDONLY | O_CLOEXEC),
                      R"({"extra_data": {"filename": "a file"}})", token);
      if (item == "fifo")
        call.put_file(open((folder_ + "/fifo").c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC),
                      R"({"extra_data": {"filename": "a fifo"}})", token);
      if (item == "task") call.put_task(R"({"echo_archiver": {"size": 1}})", token);
      if (const size_t mib = number_after(item, "big")) {
        const std::string big(mib << 20, 'b');
        call.put_payload(bytes(big), R"({"extra_data": {"filename": "a big one"}})", token);
      }
      const size_t many = number_after(item, "many"), chatty = number_after(item, "chatty");
      {
        const std::jthread talk([&](const std::stop_token& stop) {
          for (; chatty > 0 && !stop.stop_requested(); usleep(100)) host_.info("chatter");
        });
        for (size_t i = 0; i < many + chatty; ++i)
          call.put_payload(bytes("one of many"), "{}", token++);
      }
      if (item == "until_stopped") {
        while (call.put_payload(bytes("payload " + std::to_string(token)), "{}", token)) ++token;
        append(outcomes_, "stopped at " + std::to_string(token) + "\n");
      }
      if (item == "deaf") {
        append(outcomes_, "deaf\n");
        while (true) usleep(1000);
      }
      if (item == "wait") {
        append(outcomes_, "waiting\n");
        while (!call.cancelled()) usleep(1000);
        append(outcomes_, call.put_payload(bytes(root), "{}", token) ? "went on\n" : "cancelled\n");
      }
    }
  }
  void outcome(uint64_t token, int what, std::string_view reason) {
    usleep(1000 * outcome_takes_);
    append(outcomes_,
           std::to_string(token) + " " + std::to_string(what) + " " + std::string(reason) + "\n");
  }
  static constexpr sdk::Option options[] = {
      {"items", sdk::Kind::list, "payload", "what is put"},
      {"folder", sdk::Kind::text, "", "where 'file' lies"},
      {"outcomes", sdk::Kind::text, "/dev/null", "where outcomes go"},
      {"outcome_takes", sdk::Kind::integer, "0", "milliseconds that each takes"}};

 private:
  std::vector<std::string> items_;
  std::string folder_, outcomes_;
  useconds_t outcome_takes_;
  const sdk::Host host_;
};

// Dispatcher and worker in one, which may share a trip. Each may die, once it has said something.
struct EchoBoth {
  static inline std::set<std::string> dispatched;  // by this process
  void get_dispatches(const sdk::Payload& p, sdk::Call& call) {
    dispatched.insert(facts_of(p, call).payload_id);
    call.dispatch("echo_second", echo::describe(facts_of(p, call)));
    if (p.text().starts_with("dies dispatching")) std::abort();
    call.dispatch("nobody", R"({"the": "last"})");
  }
  void scan(const sdk::Payload& p, sdk::Call& call) {
    const Facts facts = facts_of(p, call);
    call.result("{\"dispatched_here\": " + std::to_string(dispatched.count(facts.payload_id)) +
                ", \"told\": " + echo::describe(facts) + "}");
    if (p.text().starts_with("dies scanning")) std::abort();
  }
};

// Worker, connector and provider in one: one instance, one host.
class EchoAll : public EchoProvider {
 public:
  explicit EchoAll(const sdk::Host& host) : EchoProvider(host), path_(host.text("path")) {}
  void scan(const sdk::Payload& p, sdk::Call& call) {
    CallSink sink(call);
    echo::second(facts_of(p, call), sink);
  }
  void save(sdk::Call& call) { append(path_, std::string(call.response()) + "\n"); }
  static constexpr sdk::Option options[] = {
      EchoProvider::options[0],
      EchoProvider::options[1],
      EchoProvider::options[2],
      EchoProvider::options[3],
      {"path", sdk::Kind::text, "/dev/null", "where responses go"}};

 private:
  std::string path_;
};

}  // namespace stoq::test::echo
