// SPDX-License-Identifier: Apache-2.0
// One plugin's answer, whatever it is, given to the engine directly and through a host's socket:
// both come to the same, and the engine never takes an honest host for a liar.
#include "core/collect_reply.h"
#include "fuzz/answers.h"
#include "fuzz/target.h"
#include "host/wire_reply.h"

using namespace stoq;
using fuzz::must;

namespace {

constexpr uint64_t kChildren = 4;
constexpr size_t kRoom = 100'000;  // that a socket holds: one thread is both ends

Settings small() {
  Settings settings;
  settings.max_result_size = 200, settings.max_result_depth = 3;
  settings.extraction = {.children = kChildren, .bytes = 500, .payload = 300, .ratio = 0};
  return settings;
}

// A plugin that does what the input says, as adapters let it.
void act(fuzz::Input in, Reply& reply) {
  while (!in.empty()) {
    const uint8_t step = in.byte() % 10;
    const std::string_view text = in.text();
    switch (step) {
      case 0:
        reply.result(text);
        break;
      case 1:
        reply.error(text);
        break;
      case 2:
        reply.failed(Failure::raised, "Error", text);
        break;
      case 3:
        begin_payload(reply, text);
        break;
      case 4:
      case 5:
        write_payload(reply, bytes_of(text));
        break;
      case 6:
        if (reply.meter().open() && !reply.meter().stopped()) reply.extract_meta(text);
        break;
      case 7:
        end_payload(reply, !text.empty());
        break;
      case 8:
        reply.dispatch("named", text);
        break;
      default:
        reply.set_payload_meta(text);
    }
  }
  if (reply.meter().open()) end_payload(reply, false);
}

class SocketPeer final : public Peer {
 public:
  SocketPeer(Fd socket, const Outbox& outbox) : socket_(std::move(socket)), outbox_(outbox) {
    wire::receive_timeout(socket_.get(), 20);
  }
  wire::Received receive(wire::Message& message) override {
    return inbox_.receive(socket_.get(), message, wire::kAnswerBody);
  }
  bool send(wire::Header, std::string_view) override { return true; }
  void kill() override {}
  std::string unsent(uint64_t call, uint64_t received) override {
    return outbox_.rest(call, received);
  }

 private:
  Fd socket_;
  const Outbox& outbox_;
  wire::Inbox inbox_;
};

// What a plugin gives through a host is what it gives here, also when the host ends right after that.
void check(fuzz::Bytes data, const Settings& settings, const Store& store, bool ends_early) {
  Payload here("content"), there("content"), in_host("content");
  Request request;
  const PluginInfo info;
  CollectReply direct(settings, store, kChildren, {{here, request, info}});
  act(fuzz::Input(data), direct);

  auto [ours, theirs] = wire::socket_pair();
  wire::CallMessage call;
  call.limits = settings.extraction, call.limits.children = kChildren;
  call.max_result = settings.max_result_size;
  call.max_depth = settings.max_result_depth;
  stoq::Input input{.payload = &in_host, .request = &request};
  Outbox outbox;
  WireReply host(theirs.get(), &outbox, 1, call);
  host.begin(info, {}, input, false);
  act(fuzz::Input(data), host);
  if (!ends_early) host.plugin_done(), host.call_done();
  theirs = Fd();

  SocketPeer peer(std::move(ours), outbox);
  fuzz::NoPlugin plugin;
  CollectReply reply(settings, store, kChildren, {{there, request, info}});
  stoq::Input nothing;
  BatchItem item{Op::scan, &plugin, &reply, &nothing};
  const double deadline = 60;
  const Conversation::Log log = [](LogLevel, std::string_view, std::string_view) {};
  const auto ending =
      Conversation(peer, 1, {&item, 1}, {&deadline, 1}, settings.max_result_size, log).run();
  must(ending.has_value() == ends_early && (!ending || ending->failure == Failure::crashed));

  must(direct.results == reply.results && direct.named == reply.named);
  must(direct.payloads.size() == reply.payloads.size());
  for (size_t i = 0; i < direct.payloads.size(); ++i) {
    must(direct.payloads[i].sha256() == reply.payloads[i].sha256());
    must(direct.payloads[i].payload_meta.text() == reply.payloads[i].payload_meta.text());
  }
  must(here.payload_meta.text() == there.payload_meta.text());
  must(in_host.payload_meta.text() == there.payload_meta.text());
  must(direct.first_error().empty() == reply.first_error().empty());
}

}  // namespace

STOQ_FUZZ(wire) {
  if (data.size() > kRoom) return;
  static const Settings settings = small();
  static const Store store(settings.store);
  for (const bool ends_early : {false, true}) check(data, settings, store, ends_early);
}

STOQ_FUZZ_SEEDS(wire) {
  const auto step = [](char what, std::string_view text) {
    return what + fuzz::Input::text_for(text);
  };
  const std::string child = step(3, R"({"extra_data": {"filename": "a"}})") + step(4, "child") +
                            step(6, R"({"should_scan": false})") + step(7, "keep");
  const std::string much(350, 'm');
  const std::string large = step(3, "") + step(4, much.substr(100)) + step(7, "keep");
  return {
      step(0, R"({"a": [1, 2.50, "\u00e4"]})") + step(1, "an error"),
      child + child + child + child + child,
      large + large + large,
      step(3, "") + step(4, much) + step(4, much) + step(7, "keep") + child,
      step(3, "[]") + step(4, "lost") + step(7, "") + step(2, "reason"),
      step(8, R"({"key": 65})") + step(8, "") + step(8, "{"),
      step(9, R"({"dispatch_to": ["yara"], "should_archive": false})") + step(9, "3"),
      step(9, R"({"extra_data": {"a": [[1]]}})") + step(3, R"({"extra_data": {"a": {"b": 1}}})"),
      step(0, "1" + std::string(1000, ' ') + "x") + step(1, "") + step(3, "3"),
      step(0, '"' + much + '"') + step(0, "[[[[1]]]") + step(5, "x") + step(6, "{}")};
}
