// SPDX-License-Identifier: Apache-2.0
//
// Messages between the engine and its host processes: SEQPACKET datagrams of a header and a body.
// Same machine, same build: host byte order.
#pragma once

#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/extraction.h"
#include "stoq/payload.h"

namespace stoq::wire {

inline constexpr size_t kDatagram =
    128 << 10;  // no message is larger; longer bodies travel in a sealed memory file
inline constexpr size_t kInlineBody =
    40 << 10;  // what stays in the processor's nearer caches on its way
inline constexpr size_t kLongBody = size_t{3} << 30;  // no body is larger …
inline constexpr size_t kAnswerBody =
    kDatagram;  // … and of a host's, none is longer than a datagram: it sends parts
inline constexpr size_t kArena = size_t{32} << 20;

enum class Type : uint32_t {
  // to a template
  fork_template = 1,  // with a socket
  load,               // a plugin's spec
  fork_host,  // with a socket, an arena and an outbox; answers carry its number as their call
  confine,    // what its hosts may do; before the first plugin
  // from a template
  loaded,
  refused,
  forked,
  ended,     // a host: pid, wait status, most memory that it had
  confined,  // what this machine does not give for it
  // to a host
  call = 20,
  outcome,
  put_reply,
  // from a host
  records = 40,
  refused_call,  // number of the system call that ends it
  ready,         // before the first call: how many descriptors it has
  // to the process that runs helper programs; the header's call is the program's number
  helper_start = 60,  // with descriptors: input, output, errors, those handed over
  helper_end,
  // from it
  helper_started,  // with a pidfd
  helper_ended,    // wait status
};

struct Header {
  Type type;
  uint32_t flags = 0;  // bit 0: the body is in the memory file that comes with it
  uint64_t call = 0;   // number of the call
  uint64_t body = 0;   // its size
};

// What a host says during a call, one after the other inside the body of `records`: kind, size,
// bytes.
enum class Record : uint8_t {
  part = 1,  // the beginning of the next record's bytes
  result,
  error,
  failed,  // type NUL text
  extract_begin,
  extract_write,
  extract_meta,
  extract_end,      // one byte: keep
  extract_stopped,  // one byte: the meter's limit
  dispatch,         // name NUL meta
  set_payload_meta,
  set_request_meta,
  log,  // one byte level, text
  put_payload,  // token, meta, request, content; a long one in a sealed file that comes with it: then its size
  put_file,     // token, meta, request; with a descriptor
  put_task,     // token, task, request
  expect,       // items
  plugin_done,  // one byte: it was told that its time was over
  call_done,
  set_dispatch_meta,  // one byte: of deep dispatchers; {dispatcher: meta}
};

// A body that is too short, too long or lies: who reads it catches this.
struct Malformed : std::runtime_error {
  using std::runtime_error::runtime_error;
};

class Writer {
 public:
  template <class T>
  requires std::is_trivially_copyable_v<T> Writer& raw(const T& value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  Writer& u64(uint64_t v) { return raw(v); }
  Writer& text(std::string_view s) {
    u64(s.size());
    out_.append(s);
    return *this;
  }
  Writer& list(const std::vector<std::string>& items) {
    u64(items.size());
    for (const std::string& item : items) text(item);
    return *this;
  }
  std::string& str() { return out_; }

 private:
  std::string out_;
};

class Reader {
 public:
  explicit Reader(std::string_view body) : rest_(body) {}
  template <class T>
  requires std::is_trivially_copyable_v<T> T raw() {
    T value;
    std::memcpy(&value, take(sizeof value).data(), sizeof value);
    return value;
  }
  uint64_t u64() { return raw<uint64_t>(); }
  std::string_view text() { return take(u64()); }
  std::vector<std::string> list() {
    const uint64_t count = u64();
    if (count > rest_.size()) throw Malformed("a list is longer than its message");
    std::vector<std::string> items;
    for (uint64_t i = 0; i < count; ++i) items.emplace_back(text());
    return items;
  }
  std::string_view take(uint64_t size) {
    if (size > rest_.size()) throw Malformed("a field is longer than its message");
    const std::string_view taken = rest_.substr(0, static_cast<size_t>(size));
    rest_.remove_prefix(static_cast<size_t>(size));
    return taken;
  }
  bool empty() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

// Where the content of a call's payload lies.
enum class Place : uint8_t { none, arena, file };

}  // namespace stoq::wire
