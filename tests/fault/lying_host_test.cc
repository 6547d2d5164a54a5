// SPDX-License-Identifier: Apache-2.0
//
// A host process that does not keep to the protocol: each lie is found, ends the host, and is told
// in words of its own.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <cstring>
#include <deque>
#include <filesystem>
#include <functional>
#include <thread>

#include "host/conversation.h"
#include "host/host_group.h"
#include "host/outbox.h"
#include "host/wire_reply.h"
#include "support/recording_reply.h"

namespace stoq::test {
namespace {

using wire::Record;
using wire::Type;

constexpr uint64_t kCall = 77;
constexpr size_t kMaxResult = 1024;
constexpr size_t kMaxRecord = kMaxResult * 4 + (1 << 20);  // as Conversation has it

struct NoPlugin final : Instance {
  NoPlugin() { info_.name = "liar"; }
  void call(Op, Input&, Reply&) noexcept override {}
};

class SocketPeer final : public Peer {
 public:
  explicit SocketPeer(Fd socket) : socket_(std::move(socket)) {
    wire::receive_timeout(socket_.get(), 20);
  }
  wire::Received receive(wire::Message& message) override {
    return inbox_.receive(socket_.get(), message, wire::kAnswerBody);
  }
  bool send(wire::Header header, std::string_view body) override {
    return wire::send(socket_.get(), header, body, {}, MSG_DONTWAIT);
  }
  void kill() override {
    killed = true;
    shutdown(socket_.get(), SHUT_RDWR);
  }
  std::string unsent(uint64_t call, uint64_t received) override {
    EXPECT_EQ(call, kCall);
    asked_behind = received;
    return outbox;
  }
  Outbox::Progress progress(uint64_t call) override {
    EXPECT_EQ(call, kCall);
    return says;
  }
  bool killed = false;
  std::string outbox;
  Outbox::Progress says;
  uint64_t asked_behind = 0;

 private:
  Fd socket_;
  wire::Inbox inbox_;
};

std::string record(Record kind, std::string_view bytes = {}) {
  std::string out(1, static_cast<char>(kind));
  const auto size = static_cast<uint32_t>(bytes.size());
  out.append(reinterpret_cast<const char*>(&size), sizeof size).append(bytes);
  return out;
}
// A message as no honest sender makes it.
void raw_send(int socket, wire::Header header, const std::vector<int>& fds) {
  iovec part{&header, sizeof header};
  msghdr msg{};
  msg.msg_iov = &part;
  msg.msg_iovlen = 1;
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  if (!fds.empty()) {
    msg.msg_control = control;
    msg.msg_controllen = sizeof control;
    cmsghdr* c = CMSG_FIRSTHDR(&msg);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(c), fds.data(), sizeof(int));
  }
  sendmsg(socket, &msg, MSG_NOSIGNAL);
}
std::string one(char c) {
  return std::string(1, c);
}
const std::string kDone = record(Record::plugin_done) + record(Record::call_done);

struct Answer {
  std::optional<Ending> ending;
  bool killed = false;
  std::vector<std::string> given, logged;
  uint64_t behind = 0;  // bytes of the answer that lie before the outbox
  size_t answered = 0;
};
// Beside its messages.
struct Beside {
  std::string outbox;
  Outbox::Progress says;
  bool apart = false;  // each plugin has a payload of its own
};

// What the engine makes of a host that does `host`, for so many plugins.
Answer converse(const std::function<void(int socket)>& host, size_t plugins = 1,
                double deadline = 30, const Beside& beside = {}) {
  auto [ours, theirs] = wire::socket_pair();
  SocketPeer peer(std::move(ours));
  peer.outbox = beside.outbox;
  peer.says = beside.says;
  Payload payload("some content");
  Request request;
  NoPlugin plugin;
  const ExtractionLimits limits{.children = 3, .bytes = 1000, .payload = 1000};
  std::deque<RecordingReply> replies;
  std::vector<BatchItem> items;
  std::deque<Input> inputs;
  for (size_t i = 0; i < plugins; ++i)
    items.push_back({Op::scan, &plugin, &replies.emplace_back(&payload, &request, limits),
                     beside.apart || i == 0
                         ? &inputs.emplace_back(Input{.payload = &payload, .request = &request})
                         : &inputs.front()});
  const std::vector<double> deadlines(plugins, deadline);
  Answer answer;
  const Conversation::Log log = [&](LogLevel, std::string_view, std::string_view line) {
    answer.logged.emplace_back(line);
  };
  Conversation conversation(peer, kCall, items, deadlines, kMaxResult, log);
  {
    std::jthread liar([&host, socket = std::move(theirs)]() mutable {
      const Fd mine = std::move(socket);
      host(mine.get());
    });
    answer.ending = conversation.run();
  }
  answer.killed = peer.killed;
  answer.behind = peer.asked_behind;
  answer.answered = conversation.answered();
  for (const RecordingReply& reply : replies)
    answer.given.insert(answer.given.end(), reply.given.begin(), reply.given.end());
  return answer;
}

Answer converse(const std::string& records, size_t plugins = 1, bool apart = false) {
  return converse(
      [&](int socket) {
        wire::send(socket, {Type::records, 0, kCall, 0}, records);
      },
      plugins, 30, {.apart = apart});
}

void expect_lie(const Answer& answer, const std::string& text) {
  ASSERT_TRUE(answer.ending.has_value()) << text;
  EXPECT_EQ(answer.ending->failure, Failure::lied) << text;
  EXPECT_EQ(answer.ending->text, text);
  EXPECT_TRUE(answer.killed) << text;
}

TEST(LyingHost, AnHonestOneIsBelieved) {
  const Answer answer =
      converse(record(Record::error, "e") + record(Record::result, "[1]") +
               record(Record::extract_begin, "{}") + record(Record::extract_write, "child") +
               record(Record::extract_end, one(1)) +
               record(Record::dispatch, std::string("w\0{}", 4)) + kDone);
  EXPECT_FALSE(answer.ending.has_value());
  EXPECT_FALSE(answer.killed);
  EXPECT_EQ(
      answer.given,
      (std::vector<std::string>{
          "error e", "result [1]",
          "payload of 5 bytes, sum " + echo::sum("child") +
              R"(, {"should_archive": true, "extra_data": {}, "dispatch_to": [], "should_scan": true})",
          "dispatch w {}"}));
}

// A host that ends, or is ended, with `outbox` behind what it has sent.
Answer ends(const std::string& sent, const std::string& outbox, double deadline = 30,
            Outbox::Progress says = {}) {
  return converse(
      [&](int socket) {
        wire::send(socket, {Type::records, 0, kCall, 0}, sent);
        std::this_thread::sleep_for(std::chrono::milliseconds(deadline < 1 ? 200 : 0));
      },
      2, deadline, {.outbox = outbox, .says = says});
}

TEST(LyingHost, WhatAHostHadGivenStandsWhenItEnds) {
  const std::string sent = record(Record::result, "[1]") + record(Record::plugin_done);
  for (const double deadline : {30.0, 0.05}) {
    const Answer answer =
        ends(sent, record(Record::result, "[2]") + record(Record::error, "e"), deadline);
    ASSERT_TRUE(answer.ending.has_value());
    EXPECT_EQ(answer.ending->failure, deadline < 1 ? Failure::deadline : Failure::crashed);
    EXPECT_EQ(answer.ending->at, 1U);
    EXPECT_EQ(answer.given, (std::vector<std::string>{"result [1]", "result [2]", "error e"}));
    EXPECT_EQ(answer.behind, sent.size());
  }
}

TEST(LyingHost, WhatComesBehindAKilledPluginDoesNotCount) {
  const Answer answer =
      ends(record(Record::result, "[1]"),
           record(Record::result, "[2]") + kDone + record(Record::result, "[3]"), 0.05);
  ASSERT_TRUE(answer.ending.has_value());
  EXPECT_EQ(answer.ending->at, 0U);
  EXPECT_EQ(answer.given, (std::vector<std::string>{"result [1]", "result [2]"}));
}

// Answers that it has given and not sent: who is at work now has a deadline of his own.
TEST(LyingHost, OneThatIsAheadOfItsMessages) {
  using Clock = std::chrono::steady_clock;
  const std::string outbox =
      record(Record::result, "[1]") + record(Record::plugin_done) + record(Record::result, "[2]");
  const std::vector<std::string> both = {"result [1]", "result [2]"}, first = {"result [1]"};
  const auto killed = [&](Outbox::Progress says, size_t at, const std::vector<std::string>& given,
                          const std::string& left) {
    const Answer answer = ends("", left, 0.05, says);
    ASSERT_TRUE(answer.ending.has_value());
    EXPECT_EQ(answer.ending->failure, Failure::deadline);
    EXPECT_EQ(answer.ending->at, at);
    EXPECT_EQ(answer.given, given);
  };
  const auto begin = Clock::now();
  killed({1, begin + std::chrono::milliseconds(30)}, 1, both, outbox);
  EXPECT_GE(Clock::now() - begin, std::chrono::milliseconds(80));
  for (const Clock::time_point never : {Clock::time_point{}, Clock::time_point::min()})
    killed({1, never}, 1, both, outbox);
  killed({1, Clock::time_point::max()}, 1, both, outbox);
  killed({1, begin + std::chrono::hours(1)}, 1, both, outbox);
  // It may say what it will.
  killed({7, begin}, 0, first, outbox);
  killed({1, begin}, 0, first, record(Record::result, "[1]"));
  const Answer crashed = ends("", outbox, 30, {1, begin});
  ASSERT_TRUE(crashed.ending.has_value());
  EXPECT_EQ(crashed.ending->failure, Failure::crashed);
  EXPECT_EQ(crashed.ending->at, 1u);
  EXPECT_EQ(crashed.given, both);
}

TEST(LyingHost, ItsOutboxIsNotBelieved) {
  expect_lie(ends("", record(static_cast<Record>(99))), "a record of an unknown kind");
  expect_lie(ends("", record(Record::result, "[]").substr(0, 3)),
             "a field is longer than its message");
  expect_lie(ends("", record(Record::extract_write, "x"), 0.05),
             "a payload is written that had not begun");
}

TEST(LyingHost, Records) {
  expect_lie(converse(record(static_cast<Record>(99))), "a record of an unknown kind");
  expect_lie(converse(record(static_cast<Record>(0), "x")), "a record of an unknown kind");
  std::string longer = record(Record::result, "[]");
  longer[1] = 100;
  expect_lie(converse(longer), "a field is longer than its message");
  expect_lie(converse(record(Record::result, "[]").substr(0, 3)),
             "a field is longer than its message");
  expect_lie(converse(record(Record::failed, "no kind")), "a failure without a kind");
  expect_lie(converse(record(Record::dispatch, "no name")), "a dispatch without a name");
  expect_lie(converse(record(Record::set_dispatch_meta, "{}")),
             "a change of dispatch meta that is of no dispatcher");
  expect_lie(converse(record(Record::set_payload_meta, R"({"should_scan": 1})")),
             "a change of payload_meta that makes no sense");
  expect_lie(converse(record(Record::put_payload, "short")), "a field is longer than its message");
  expect_lie(converse(record(Record::put_file, std::string(24, '\0'))),
             "a file without a descriptor");
}

TEST(LyingHost, TheWrongCall) {
  expect_lie(converse([](int socket) {
               wire::send(socket, {Type::records, 0, kCall + 1, 0}, kDone);
             }),
             "an answer to another question");
  expect_lie(converse([](int socket) {
               wire::send(socket, {Type::forked, 0, kCall, 0}, kDone);
             }),
             "an answer to another question");
}

TEST(LyingHost, Messages) {
  expect_lie(converse([](int socket) { send(socket, "short", 5, MSG_NOSIGNAL); }),
             "a message is too short or too long");
  expect_lie(converse([](int socket) {
               const wire::Header header{Type::records, 0, kCall, 1000};
               send(socket, &header, sizeof header, MSG_NOSIGNAL);
             }),
             "a message's body has another size than its header says");
  // A memory file that costs the host nothing and the engine all it has.
  expect_lie(converse([](int socket) {
               const Fd file(memfd_create("lie", MFD_CLOEXEC));
               ASSERT_EQ(ftruncate(file.get(), off_t{3} << 30), 0);
               raw_send(socket, {Type::records, 1, kCall, uint64_t{3} << 30}, {file.get()});
             }),
             "a message's body is too long or missing");
  expect_lie(converse([](int socket) {
               raw_send(socket, {Type::records, 1, kCall, 10}, {});
             }),
             "a message's body is too long or missing");
  expect_lie(converse([](int socket) {
               const Fd file(memfd_create("lie", MFD_CLOEXEC));
               raw_send(socket, {Type::records, 1, kCall, 10}, {file.get()});
             }),
             "a message's body is shorter than its header says");
}

TEST(LyingHost, DescriptorsThatNobodyAskedFor) {
  const auto lie = [](size_t count) {
    return converse([count](int socket) {
      const Fd file(memfd_create("lie", MFD_CLOEXEC));
      wire::send(socket, {Type::records, 0, kCall, 0}, record(Record::result, "1") + kDone,
                 std::vector<int>(count, file.get()));
    });
  };
  expect_lie(lie(1), "a descriptor comes that no record asks for");
  expect_lie(lie(4), "a descriptor comes that no record asks for");
}

size_t open_descriptors() {
  const std::filesystem::directory_iterator list("/proc/self/fd");
  return static_cast<size_t>(std::distance(list, {}));
}

TEST(LyingHost, AFileThatNobodyTakesIsClosed) {
  const size_t before = open_descriptors();
  expect_lie(converse([](int socket) {
               const Fd file(memfd_create("lie", MFD_CLOEXEC));
               wire::Writer put;
               put.u64(1).text("{}").text("");
               wire::send(socket, {Type::records, 0, kCall, 0},
                          record(Record::result, "1") + record(Record::plugin_done) +
                              record(Record::put_file, put.str()),
                          {file.get()});
             }),
             "an answer comes after the last one");
  EXPECT_EQ(open_descriptors(), before);
}

// A payload that the host could still cut short while the engine reads it.
TEST(LyingHost, FilesThatMayStillChange) {
  const auto lie = [](Fd file) {
    EXPECT_EQ(ftruncate(file.get(), 10), 0);
    return converse([fd = file.get()](int socket) {
      wire::Writer put;
      put.u64(1).text("{}").text("").text(wire::Writer().u64(10).str());
      wire::send(socket, {Type::records, 0, kCall, 0}, record(Record::put_payload, put.str()),
                 {fd});
    });
  };
  const std::string text = "a payload's file may still change";
  expect_lie(lie(Fd(memfd_create("lie", MFD_CLOEXEC | MFD_ALLOW_SEALING))), text);
  expect_lie(lie(Fd(memfd_create("lie", MFD_CLOEXEC))), text);
  expect_lie(lie(Fd(open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600))), text);  // knows no seals
}

TEST(LyingHost, OneThatAsksAndDoesNotListen) {
  wire::Writer put;
  put.u64(1).text("{}").text("");
  const std::string question = record(Record::put_task, put.str());
  expect_lie(converse([&](int socket) {
               while (wire::send(socket, {Type::records, 0, kCall, 0}, question)) {
               }
             }),
             "it asks and does not listen to the answers");
}

// A host that reads nothing: who tells it something waits no longer than the socket's time-out.
TEST(LyingHost, OneThatIsToldMoreThanItReads) {
  auto [ours, theirs] = wire::socket_pair();
  wire::send_timeout(ours.get(), 50);
  const auto fill = [&, socket = ours.get()](int flags) {
    for (int told = 0; told < 100'000; ++told)
      if (!wire::send(socket, {Type::outcome}, "told", {}, flags)) return errno;
    return 0;
  };
  EXPECT_EQ(fill(MSG_DONTWAIT), EAGAIN);
  const auto before = std::chrono::steady_clock::now();
  EXPECT_EQ(fill(0), EAGAIN);
  const auto waited = std::chrono::steady_clock::now() - before;
  EXPECT_GE(waited, std::chrono::milliseconds(40));
  EXPECT_LT(waited, std::chrono::seconds(20));
}

TEST(LyingHost, Extraction) {
  const std::string begin = record(Record::extract_begin, "{}"),
                    end = record(Record::extract_end, one(1));
  expect_lie(converse(record(Record::extract_write, "x")),
             "a payload is written that had not begun");
  expect_lie(converse(begin + record(Record::extract_write, std::string(1001, 'x'))),
             "more was extracted than the limits allow");
  expect_lie(converse(begin + end + begin + end + begin + end + begin),
             "a payload begins where none may");
  expect_lie(converse(begin + begin), "a payload begins where none may");
  expect_lie(converse(end), "a payload ends that had not begun");
  expect_lie(converse(begin + record(Record::extract_end, "yes")),
             "a payload ends that had not begun");
  expect_lie(converse(record(Record::extract_meta, "{}")), "a payload's meta comes where none may");
  expect_lie(converse(begin + kDone), "an answer ends in the middle of a payload");
  expect_lie(converse(record(Record::extract_stopped, one(0))),
             "an extraction was stopped by a limit that does not exist");
  expect_lie(converse(record(Record::extract_stopped, one(6))),
             "an extraction was stopped by a limit that does not exist");
  expect_lie(converse(begin + record(Record::extract_stopped, one(1))),
             "an extraction was stopped by a limit that does not exist");
  expect_lie(converse(record(Record::extract_stopped, one(1)) + begin),
             "a payload begins where none may");
}

TEST(LyingHost, TheEnd) {
  expect_lie(converse(record(Record::call_done)), "a call ends before all its answers");
  expect_lie(converse(kDone, 2), "a call ends before all its answers");
  expect_lie(converse(record(Record::call_done), 2, true), "a call ends before all its answers");
  const char* behind = "an answer goes on behind the end of its call";
  expect_lie(converse(kDone + record(Record::result, "1")), behind);
  const Answer stopped = converse(kDone + record(Record::extract_begin, "{}"), 2, true);
  expect_lie(stopped, behind);  // the next payload's would be asked for once more
  EXPECT_EQ(stopped.given, std::vector<std::string>{});
  for (const std::string& begun :
       {record(Record::extract_begin, "{}"), record(Record::result, "1")})
    expect_lie(converse(record(Record::plugin_done) + begun + record(Record::call_done), 2, true),
               "a call ends in the middle of an answer");
  expect_lie(converse(record(Record::plugin_done) + record(Record::error, "late")),
             "an answer comes after the last one");
  const Answer halfway =
      converse(record(Record::error, "first's") + record(Record::plugin_done) +
                   record(Record::error, "second's") + record(static_cast<Record>(99)),
               2);
  expect_lie(halfway, "a record of an unknown kind");
  EXPECT_EQ(halfway.ending->at, 1u);  // the second one lied
  EXPECT_EQ(halfway.given, (std::vector<std::string>{"error first's", "error second's"}));
}

// To be looked at.
TEST(LyingHost, AnHonestOneMayStopBetweenTwoPayloads) {
  const Answer answer = converse(kDone, 3, true);
  EXPECT_FALSE(answer.ending.has_value());
  EXPECT_EQ(answer.answered, 1u);
}

TEST(LyingHost, OneThatDoesNotEndTheCall) {
  const Answer answer = converse([](int socket) {
    wire::send(socket, {Type::records, 0, kCall, 0}, record(Record::plugin_done));
    char byte;
    while (recv(socket, &byte, 1, 0) > 0) {
    }
  });
  expect_lie(answer, "it does not end the call after its last answer");
}

constexpr size_t kPart = wire::kInlineBody - 64;  // as a host sends them: inside the datagram

TEST(LyingHost, PartsWithoutEnd) {
  size_t sent = 0;
  const Answer answer = converse([&](int socket) {
    const std::string part = record(Record::part, std::string(kPart, 'p'));
    while (sent < 100 * kMaxRecord && wire::send(socket, {Type::records, 0, kCall, 0}, part))
      sent += part.size();
  });
  expect_lie(answer, "an answer is longer than any may be");
  EXPECT_LT(sent, 4 * kMaxRecord);  // the bound, and what the socket holds
}

TEST(LyingHost, TheLastPartCountsToo) {
  expect_lie(converse([&](int socket) {
               const std::string part = record(Record::part, std::string(kPart, 'p'));
               size_t sent = 0;
               for (; sent + kPart <= kMaxRecord; sent += kPart)
                 wire::send(socket, {Type::records, 0, kCall, 0}, part);
               wire::send(socket, {Type::records, 0, kCall, 0},
                          record(Record::error, std::string(kMaxRecord - sent + 1, 'p')) + kDone);
             }),
             "an answer is longer than any may be");
}

TEST(LyingHost, OneThatGoesAway) {
  const Answer answer = converse([](int socket) {
    wire::send(socket, {Type::records, 0, kCall, 0}, record(Record::result, "1"));
  });
  ASSERT_TRUE(answer.ending.has_value());
  EXPECT_EQ(answer.ending->failure, Failure::crashed);
  EXPECT_EQ(answer.given, std::vector<std::string>{"result 1"});
}

TEST(LyingHost, OneThatTalksForEver) {
  const Answer answer = converse(
      [](int socket) {
        while (
            wire::send(socket, {Type::records, 0, kCall, 0}, record(Record::log, "\x14 again"))) {
        }
      },
      1, 0.2);
  ASSERT_TRUE(answer.ending.has_value());
  EXPECT_EQ(answer.ending->failure, Failure::deadline);
  EXPECT_TRUE(answer.killed);
}

// It has all arrived, but nobody had the time to look before the deadline.
class LatePeer final : public Peer {
 public:
  wire::Received receive(wire::Message& message) override {
    std::this_thread::sleep_for(std::chrono::milliseconds(60));
    message = {{Type::records, 0, kCall, body_.size()}, body_, {}};
    return wire::Received::message;
  }
  bool send(wire::Header, std::string_view) override { return true; }
  void kill() override {}

 private:
  const std::string body_ = record(Record::result, "1") + kDone;
};
TEST(LyingHost, OneThatComesToItsEndTooLate) {
  LatePeer peer;
  NoPlugin plugin;
  RecordingReply reply;
  Input input;
  BatchItem item{Op::scan, &plugin, &reply, &input};
  const double deadline = 0.05;
  const Conversation::Log log = [](LogLevel, std::string_view, std::string_view) {};
  Conversation conversation(peer, kCall, {&item, 1}, {&deadline, 1}, kMaxResult, log);
  EXPECT_FALSE(conversation.run().has_value());
  EXPECT_EQ(reply.given,
            (std::vector<std::string>{"result 1",
                                      "failed deadline: it came to its end only after its deadline "
                                      "of 0.05 s; what it had given stands"}));
}

TEST(LyingHost, OneThatWasToldOfItsEnd) {
  const Answer answer = converse([](int socket) {
    wire::send(socket, {Type::records, 0, kCall, 0},
               record(Record::result, "1") + record(Record::plugin_done, "\1") +
                   record(Record::call_done));
  });
  EXPECT_FALSE(answer.ending.has_value());
  EXPECT_EQ(answer.given,
            (std::vector<std::string>{"result 1",
                                      "failed deadline: it came to its end only after its deadline "
                                      "of 30.0 s; what it had given stands"}));
}

// The honest end of the same: neighbours in one call have deadlines of their own.
TEST(LyingHost, AnHonestOneTellsWhichOfItsPluginsWasToldSo) {
  const Answer answer = converse(
      [](int socket) {
        Outbox outbox;
        WireReply reply(socket, &outbox, kCall, wire::CallMessage{});
        const PluginInfo info;
        Input input;
        reply.begin(info, {.deadline = 0}, input, false);
        EXPECT_TRUE(reply.cancelled());
        reply.plugin_done();
        reply.begin(info, {.deadline = 60'000}, input, false);
        EXPECT_FALSE(reply.cancelled());
        reply.plugin_done();
        reply.begin(info, {.deadline = 0}, input, false);  // and never asked
        reply.plugin_done();
        reply.call_done();
      },
      3);
  EXPECT_FALSE(answer.ending.has_value());
  ASSERT_EQ(answer.given.size(), 2u);
  for (const std::string& given : answer.given)
    EXPECT_EQ(given.find("failed deadline: "), 0u) << given;
}

TEST(LyingHost, OneThatFailsWithoutEnd) {
  std::string failures;
  for (int i = 0; i < 3000; ++i) failures += record(Record::failed, std::string("e\0because", 9));
  const Answer answer = converse([&](int socket) {
    for (size_t at = 0; at < failures.size(); at += 14 * 1000)
      wire::send(socket, {Type::records, 0, kCall, 0}, failures.substr(at, 14 * 1000));
    wire::send(socket, {Type::records, 0, kCall, 0}, kDone);
  });
  EXPECT_FALSE(answer.ending.has_value());
  EXPECT_EQ(answer.given.size(), 1000u);
}

// What one call left there is no other's: the host may have ended before it began with that.
TEST(LyingHost, ItsOutboxIsOfOneCall) {
  Outbox outbox;
  outbox.begin(1);
  outbox.keep(10, "records", 0);
  EXPECT_EQ(outbox.rest(1, 10), "records");
  EXPECT_EQ(outbox.rest(1, 17), "");
  EXPECT_EQ(outbox.rest(2, 10), "");
  outbox.answered(std::chrono::steady_clock::now());
  EXPECT_EQ(outbox.progress(1).answered, 1u);
  EXPECT_EQ(outbox.progress(2).answered, 0u);
  outbox.begin(2);
  EXPECT_EQ(outbox.progress(2).answered, 0u);
}

// The log is for all: one call has so many lines of it, and so long ones.
TEST(LyingHost, OneThatFillsTheLog) {
  const Answer answer = converse(
      [](int socket) {
        const std::string part = record(Record::part, "\x14" + std::string(30 << 10, 'l'));
        wire::send(socket, {Type::records, 0, kCall, 0}, part);
        for (int line = 0; line < 3000; ++line)
          wire::send(socket, {Type::records, 0, kCall, 0}, record(Record::log, "\x14line"));
        wire::send(socket, {Type::records, 0, kCall, 0}, record(Record::plugin_done));
        for (int line = 0; line < 3; ++line)
          wire::send(socket, {Type::records, 0, kCall, 0}, record(Record::log, "\x14line"));
        wire::send(socket, {Type::records, 0, kCall, 0}, kDone);
      },
      2);
  EXPECT_FALSE(answer.ending.has_value());
  ASSERT_EQ(answer.logged.size(), 1000u + 1 + 3);
  EXPECT_EQ(answer.logged[0], std::string(16 << 10, 'l'));
  EXPECT_EQ(answer.logged[999], "line");
  EXPECT_EQ(answer.logged[1000], "what more it says in this call is left out");
  EXPECT_EQ(answer.logged[1003], "line");
}

// Such as for want of memory: whoever was answered has his answer.
TEST(LyingHost, WhatTheEngineCannotTake) {
  const Answer answer = converse(record(Record::result, "1") + record(Record::plugin_done) +
                                     record(Record::result, "{") + kDone,
                                 2);
  ASSERT_TRUE(answer.ending.has_value());
  EXPECT_EQ(answer.ending->failure, Failure::refused);
  EXPECT_EQ(answer.ending->at, 1u);
  EXPECT_TRUE(answer.ending->text.starts_with("not JSON: ")) << answer.ending->text;
  EXPECT_TRUE(answer.killed);
}

TEST(LyingHost, WhatTheUserReads) {
  const std::string plugin = "p";
  const auto told = [&](Ending ending, const HostEnd& end, double deadline) {
    RecordingReply reply;
    Teller{plugin, deadline, 64 << 20}(reply, ending, end);
    return reply.given.at(0);
  };
  EXPECT_EQ(told({0, Failure::lied, "a record of an unknown kind"}, {}, 60),
            "failed protocol: its host process was killed, for its answer was not to be believed: "
            "a record of an unknown kind");
  EXPECT_EQ(
      told({0, Failure::crashed, ""}, {.status = 11, .memory = 1 << 20}, 60),
      "failed crash: its host process ended by signal 11 (SIGSEGV); what it had given stands");
  EXPECT_EQ(
      told({0, Failure::deadline, ""}, {}, 0.2),
      "failed deadline: it did not answer within 0.2 s and was killed; what it had given stands");
  EXPECT_EQ(told({0, Failure::crashed, ""}, {.status = 6, .memory = 60 << 20}, 60),
            "failed memory: its host process ended by signal 6 (SIGABRT), probably for want of "
            "memory: it had 60 MiB and may have 64 MiB; what it had given stands");
  EXPECT_EQ(told({0, Failure::crashed, ""}, {.status = 31, .refused_call = SYS_socket}, 60),
            "failed sandbox: its host process was ended for a system call that its sandbox "
            "refuses: socket (sandbox_calls = socket in section [p] of stoq.cfg would allow it); "
            "what it had given stands");
  // It says so, but has not ended by it.
  EXPECT_EQ(
      told({0, Failure::crashed, ""}, {.status = 11, .refused_call = SYS_socket}, 60),
      "failed crash: its host process ended by signal 11 (SIGSEGV); what it had given stands");
  EXPECT_EQ(
      told({0, Failure::refused, "std::bad_alloc"}, {}, 60),
      "failed StoqException: its answer could not be taken: std::bad_alloc; what it had given "
      "stands");
}

}  // namespace
}  // namespace stoq::test
