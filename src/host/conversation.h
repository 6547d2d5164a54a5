// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <span>

#include "core/instance.h"
#include "host/call_message.h"
#include "host/channel.h"
#include "host/outbox.h"
#include "stoq/log.h"

namespace stoq {

inline constexpr int kTick = 20;  // milliseconds after which a waiting thread looks at the clock

// The other end of a call: a host's socket, or the part of it that belongs to this call.
class Peer {
 public:
  virtual ~Peer() = default;
  virtual wire::Received receive(wire::Message& message) = 0;  // waits at most some 20 ms
  // False when it is gone; errno is EAGAIN when it does not read what it is told, which nobody waits
  // for but who serves a provider.
  virtual bool send(wire::Header header, std::string_view body) = 0;
  virtual void kill() = 0;
  virtual void wait_at_most(int /*milliseconds*/) {}  // in receive(), if that is less than it does
  // How many bytes it has, when that is more than it may have; 0 else. Looks now and then.
  virtual uint64_t too_much_memory() { return 0; }
  virtual void works_beside() {}  // it streams: from here on it works while the answers are read
  // Once it has ended: what it had given of the answer to `call` behind the first `received` bytes.
  virtual std::string unsent(uint64_t /*call*/, uint64_t /*received*/) { return {}; }
  // How far it says it is with a call, if it can say so without a message.
  virtual Outbox::Progress progress(uint64_t /*call*/) { return {}; }
};

// How a conversation ended, when not as it should.
struct Ending {
  size_t at = 0;  // the item that was being answered
  Failure failure = Failure::crashed;
  std::string text;              // `lied`: how; `deadline`: whose it was when not the plugin's;
                                 // `memory`: how much it had
  bool of_another_call = false;  // `lied`: before it said anything to this one
};

// Reads a host's answer to one call and hands it on piece by piece; believes nothing that it has
// not checked.
class Conversation {
 public:
  using Log = std::function<void(LogLevel, std::string_view plugin, std::string_view line)>;

  Conversation(Peer& peer, uint64_t call, std::span<BatchItem> items,
               std::span<const double> deadlines, size_t max_result, const Log& log)
      : peer_(peer),
        call_(call),
        items_(items),
        deadlines_(deadlines),
        max_record_(max_result * 4 + (1 << 20)),
        log_(log) {}

  // Nothing: all items were answered. A host that has been told to end, or that lied, is killed
  // when this returns.
  std::optional<Ending> run();
  bool out_of_memory() const { return out_of_memory_; }  // a plugin said so: its host should go
  // How many items were; less than all when the host has stopped between two payloads, to be
  // looked at.
  size_t answered() const { return at_; }

 private:
  std::optional<Ending> converse();
  Ending ended(Ending ending);
  void receive_rest();
  void records(wire::Message& message);
  void record(wire::Record kind, std::string_view bytes, wire::Message& message);
  void answer_put(bool go_on);
  void next_deadline(std::chrono::steady_clock::time_point since);
  bool is_ahead();
  size_t at_work() const { return std::max(at_, ahead_); }
  int patience() const;
  Reply& current();
  Reply& reply();

  Peer& peer_;
  uint64_t call_;
  std::span<BatchItem> items_;
  std::span<const double> deadlines_;
  size_t max_record_;
  const Log& log_;
  size_t at_ = 0;     // the item whose answer comes next
  size_t ahead_ = 0;  // the item that the host is at, when the answers before it are not here yet
  bool answering_ = false;  // something of that answer is here
  bool done_ = false, out_of_memory_ = false, stop_told_ = false;
  unsigned failures_told_ = 0, lines_told_ = 0;
  uint64_t received_ = 0;    // bytes of its answer
  bool spoken_ = false;      // the host has said something to this call
  bool ended_ = false;       // it is dead or dying …
  bool over_ = false;        // … and has come to the end of what counts
  bool of_request_ = false;  // the deadline, not the plugin's own
  std::string partial_;
  std::chrono::steady_clock::time_point begun_, deadline_;
};

}  // namespace stoq
