// SPDX-License-Identifier: Apache-2.0
//
// Answers that are not true. Some go through the plugin interface; the others are what a plugin can
// say that owns its process: messages of its own on the host's socket.
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "host/wire.h"
#include "hostile.h"

extern "C" void* __libc_stack_end;  // NOLINT(bugprone-reserved-identifier): the C library's

namespace stoq::test::hostile {
namespace {

using wire::Record;
using wire::Type;

// The host's socket, and the call that is being answered.
struct Line {
  int socket = -1;
  uint64_t call = 0;

  // As no honest sender checks it.
  void post(wire::Header header, std::string_view body, int fd = -1, size_t times = 1) const {
    iovec parts[2] = {{&header, sizeof header}, {const_cast<char*>(body.data()), body.size()}};
    msghdr msg{};
    msg.msg_iov = parts;
    msg.msg_iovlen = body.empty() ? 1 : 2;
    const std::vector<int> fds(fd >= 0 ? times : 0, fd);
    alignas(cmsghdr) char control[CMSG_SPACE(16 * sizeof(int))];
    if (!fds.empty()) {
      msg.msg_control = control;
      msg.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
      cmsghdr* c = CMSG_FIRSTHDR(&msg);
      c->cmsg_level = SOL_SOCKET;
      c->cmsg_type = SCM_RIGHTS;
      c->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
      std::memcpy(CMSG_DATA(c), fds.data(), fds.size() * sizeof(int));
    }
    if (sendmsg(socket, &msg, MSG_NOSIGNAL) < 0 && errno == EPERM) _exit(9);  // nor are they taken
  }
  void say(std::string_view records) const {
    post({Type::records, 0, call, records.size()}, records);
  }
};

// Its descriptor is the process's only socket. The number of the call stands in the message that
// the host has received, in a frame above this one.
Line tap() {
  Line line;
  for (int fd = 3; fd < 64 && line.socket < 0; ++fd) {
    struct stat st {};
    if (fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode)) line.socket = fd;
  }
  const auto end = reinterpret_cast<uintptr_t>(__libc_stack_end) - sizeof(wire::Header);
  for (auto at = reinterpret_cast<uintptr_t>(__builtin_frame_address(0)); at < end; at += 8) {
    wire::Header header;
    std::memcpy(&header, reinterpret_cast<const void*>(at), sizeof header);
    if (header.type == Type::call && header.flags <= 1 && header.call != 0 &&
        header.call < 1u << 30 && header.body > 0 && header.body < 1u << 20)
      line.call = header.call;
  }
  if (line.socket < 0 || line.call == 0) throw sdk::Error("it did not find the host's socket");
  return line;
}

std::string record(Record kind, std::string_view bytes = {}) {
  std::string out(1, static_cast<char>(kind));
  const auto size = static_cast<uint32_t>(bytes.size());
  return out.append(reinterpret_cast<const char*>(&size), sizeof size).append(bytes);
}

// Nothing honest follows a lie: what is judged is the lie.
[[noreturn]] void wait_for_the_end() {
  while (true) pause();
}
[[noreturn]] void tell(std::string_view records) {
  tap().say(records);
  wait_for_the_end();
}

void other_call(Scene&) {
  Line line = tap();
  line.call += 1000;
  line.say(record(Record::result, "1"));
  wait_for_the_end();
}
void wrong_kind(Scene&) {
  tell(record(static_cast<Record>(99)));
}
void long_record(Scene&) {
  std::string lie = record(Record::result, "1");
  lie[4] = 0x7f;
  tell(lie);
}
void short_message(Scene&) {
  const Line line = tap();
  send(line.socket, "x", 1, MSG_NOSIGNAL);
  wait_for_the_end();
}
void wrong_body(Scene&) {
  const Line line = tap();
  line.post({Type::records, 0, line.call, uint64_t{1} << 40}, "x");
  wait_for_the_end();
}
void no_file(Scene&) {
  const Line line = tap();
  line.post({Type::records, 1, line.call, 10}, {});
  wait_for_the_end();
}
void large_file(Scene&) {
  const Line line = tap();
  line.post({Type::records, 1, line.call, uint64_t{3} << 30}, {}, 0);
  wait_for_the_end();
}
void empty_file(Scene&) {
  const Line line = tap();
  line.post({Type::records, 1, line.call, 1000}, {}, 0);
  wait_for_the_end();
}
void given_file(Scene&) {
  const Line line = tap();
  const std::string records = record(Record::result, "1");
  line.post({Type::records, 0, line.call, records.size()}, records, 0);
  wait_for_the_end();
}
void given_files(Scene&) {
  const Line line = tap();
  const std::string records = record(Record::result, "1");
  line.post({Type::records, 0, line.call, records.size()}, records, 0, 16);
  wait_for_the_end();
}
// Questions that a worker may not ask, and nobody who reads the answers.
void questions(Scene&) {
  const Line line = tap();
  const std::string put =
      record(Record::put_task,
             std::string(8, '\0') + std::string("\2\0\0\0\0\0\0\0{}", 10) + std::string(8, '\0'));
  while (true) line.say(put);
}
void early_end(Scene&) {
  tell(record(Record::call_done));
}
// As if a second plugin had been asked: what it says would be laid at that one's door.
void other_answer(Scene&) {
  tell(record(Record::plugin_done) + record(Record::result, "1"));
}
void stray_write(Scene&) {
  tell(record(Record::extract_write, "x"));
}
void stray_put(Scene&) {
  tell(record(Record::put_payload, std::string(8, '\x7f') + std::string(8, '\x7f')));
}
void no_kind(Scene&) {
  tell(record(Record::failed, "because"));
}
void no_limit(Scene&) {
  tell(record(Record::extract_stopped, "\x63"));
}
void bad_meta(Scene&) {
  tell(record(Record::set_payload_meta, R"({"should_scan": 1})"));
}
// Children beyond all limits, past the meter of the host.
void forged_children(Scene&) {
  const Line line = tap();
  std::string lies;
  for (unsigned i = 0; i < 1'000'000; ++i) {
    lies += record(Record::extract_begin, "{}") + record(Record::extract_end, "\1");
    if (lies.size() < wire::kInlineBody - 100) continue;
    line.say(lies);
    lies.clear();
  }
  wait_for_the_end();
}
void endless_part(Scene&) {
  const Line line = tap();
  const std::string part = record(Record::part, std::string(wire::kInlineBody - 100, 'p'));
  while (true) line.say(part);
}
// A whole answer, true to the protocol; the host's own comes after it, when another payload is
// being asked about.
void double_answer(Scene& scene) {
  tap().say(record(Record::result, "{\"forged\": true}") + record(Record::plugin_done) +
            record(Record::call_done));
  scene.call.result("{\"honest\": true}");
}
// The answer is honest; a thread that stays behind speaks into the next one.
void late_lie(Scene& scene) {
  std::thread([line = tap()] {
    usleep(50'000);  // by then the answer is over
    line.say(record(Record::result, "{\"forged\": true}"));
    while (true) usleep(10'000);
  }).detach();
  scene.call.result("{\"honest\": true}");
}

// The answer is honest; a thread that stays behind speaks without end, to nobody.
void talk_on(Scene& scene) {
  std::thread([line = tap()]() mutable {
    line.call += 1'000'000;
    while (true) line.say(record(Record::result, "{\"forged\": true}"));
  }).detach();
  scene.call.result("{\"honest\": true}");
}
// The answer is honest; a thread that stays behind writes to where the next content will lie.
void late_write(Scene& scene) {
  const auto at = reinterpret_cast<uintptr_t>(scene.payload.content().data());
  std::thread([at] {
    usleep(50'000);
    *reinterpret_cast<volatile uint8_t*>(at) = 'h';
  }).detach();
  scene.call.result("{\"honest\": true}");
}

// By the plugin interface.
void bad_json(Scene& scene) {
  scene.call.result("{\"a\": 1,}");
}
void bad_utf8(Scene& scene) {
  scene.call.result("{\"a\": \"\xc3\x28\"}");
}
void deep_json(Scene& scene) {
  scene.call.result(std::string(10'000, '[') + std::string(10'000, ']'));
}
// A million that it was told to stop giving.
void children(Scene& scene) {
  const stoq_call* call = scene.call.raw();
  for (unsigned i = 0; i < 1'000'000; ++i) {
    const std::string child = "child " + std::to_string(i);
    call->api->extract_begin(call, sdk::str("{}"));
    call->api->extract_write(call, {reinterpret_cast<const uint8_t*>(child.data()), child.size()});
    call->api->extract_end(call, 1);
  }
  scene.call.result("{\"given\": 1000000}");
}
// More results than the response holds, each in place of the one before.
void many_results(Scene& scene) {
  const std::string result = "\"" + std::string(1 << 10, 'r') + "\"";
  for (unsigned i = 0; i < 3000; ++i) scene.call.result(result);
  scene.call.result("{\"honest\": true}");
}
// Names that nobody can have.
void long_names(Scene& scene) {
  const std::string name(1 << 19, 'n');
  scene.call.begin("{\"dispatch_to\": [\"" + name + "\"]}");
  scene.call.write(scene.payload.content().first(1));
  scene.call.end();
  scene.call.dispatch(name);
}
// Another plugin's name on everything that it can sign.
void other_names(Scene& scene) {
  scene.call.begin(R"({"extra_data": {"extracted_by": "hash"}, "dispatch_to": ["nobody"]})");
  scene.call.write(scene.payload.content().first(1));
  scene.call.end();
  scene.call.result(R"({"hash": {"md5": "0"}, "extracted_by": "hash"})");
  scene.call.error("worker:failed to scan: hash ; crash: forged");
  scene.call.dispatch("nobody");
  scene.call.set_request_meta("{}");
}

constexpr Deed kDeeds[] = {{"other_call", other_call},
                           {"wrong_kind", wrong_kind},
                           {"long_record", long_record},
                           {"short_message", short_message},
                           {"wrong_body", wrong_body},
                           {"no_file", no_file},
                           {"large_file", large_file},
                           {"empty_file", empty_file},
                           {"given_file", given_file},
                           {"given_files", given_files},
                           {"questions", questions},
                           {"early_end", early_end},
                           {"other_answer", other_answer},
                           {"stray_write", stray_write},
                           {"stray_put", stray_put},
                           {"no_kind", no_kind},
                           {"no_limit", no_limit},
                           {"bad_meta", bad_meta},
                           {"forged_children", forged_children},
                           {"endless_part", endless_part},
                           {"double_answer", double_answer},
                           {"late_lie", late_lie},
                           {"late_write", late_write},
                           {"talk_on", talk_on},
                           {"bad_json", bad_json},
                           {"bad_utf8", bad_utf8},
                           {"deep_json", deep_json},
                           {"children", children},
                           {"many_results", many_results},
                           {"long_names", long_names},
                           {"other_names", other_names}};

}  // namespace

std::span<const Deed> lies() {
  return kDeeds;
}

}  // namespace stoq::test::hostile
