// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "host/conversation.h"
#include "host/outbox.h"
#include "host/question.h"
#include "host/template_client.h"

namespace stoq {

// Memory through which contents reach a host: the engine writes, the host can only read. Kept warm
// from host to host.
class Arena {
 public:
  Arena();  // throws std::system_error
  ~Arena();
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  int fd() const { return fd_.get(); }
  void fill(size_t offset, Bytes content);
  void wipe();  // nothing of earlier contents is left

 private:
  Fd fd_;
  uint8_t* map_ = nullptr;
  size_t used_ = 0;  // bytes that have held content, since it was wiped
  size_t touched_ = 0;
};

// How a host process ended.
struct HostEnd {
  std::optional<int> status;        // as waitpid gives it
  uint64_t memory = 0;              // bytes, the most that it had at once
  std::optional<int> refused_call;  // the system call that ended it
};

// One host process. One thread at a time.
class HostProcess final : public Peer {
 public:
  // Asks for it; it comes to be meanwhile. StoqException.
  HostProcess(std::shared_ptr<TemplateClient> parent, std::shared_ptr<Arena> arena);
  ~HostProcess() override;

  void meet();  // waits until it is there, before anything else is done with it; StoqException

  wire::Received receive(wire::Message& message) override;
  bool send(wire::Header header, std::string_view body) override;
  // Waits so long until there is room for it; false: there was none. One that is gone needs none.
  bool tell(wire::Header header, std::string_view body, double seconds);
  // How many messages it has dealt with, and whether others lie before it.
  uint64_t heard() const { return outbox_.heard(); }
  bool has_unheard() const;
  void kill() override;
  void takes_no_descriptors();  // from it, from now on
  void wait_at_most(int milliseconds) override { patience_ = milliseconds; }
  void works_beside() override { move_to(-1); }
  uint64_t too_much_memory() override;
  std::string unsent(uint64_t call, uint64_t received) override {
    return outbox_.rest(call, received);
  }
  Outbox::Progress progress(uint64_t call) override { return outbox_.progress(call); }
  void leave();  // nothing more will be asked: it ends when it has read what it was told

  // Asks; contents go to the arena unless they lie there already, or travel as files. False when it
  // is gone or does not listen.
  bool ask(Question& question, uint64_t number);
  // Brings it to a core where it is not; -1: any.
  void move_to(int core);
  int core() const { return core_; }
  // Waits for its end.
  HostEnd end();
  // What it has kept beyond what it had before its first call: "a thread", "2 descriptors"; "".
  std::string left_over();
  // Child processes, ended ones among them, when they are more than it may keep; "".
  std::string children_left();
  const std::shared_ptr<Arena>& arena() const { return arena_; }
  int socket() const { return socket_.get(); }

  uint64_t most_memory = 0;  // bytes that it may have beyond its template's; 0: any number
  uint64_t calls = 0;        // that it has answered
  unsigned generation = 0;   // of the template

 private:
  struct InArena {
    Sha256 sha256;
    size_t offset;
  };
  void look_at_proc();
  void into_arena(Question& question);

  std::shared_ptr<TemplateClient> parent_;
  std::shared_ptr<Arena> arena_;
  Outbox outbox_;
  Fd socket_;
  uint64_t request_ = 0;  // 0: it has been met
  Process process_;
  wire::Inbox inbox_;
  uint64_t inherited_ = 0;  // bytes, from its template; 0: not known
  uint64_t given_ = 0;      // bytes of contents, by its last question
  std::chrono::steady_clock::time_point looked_ = std::chrono::steady_clock::now();
  std::optional<uint32_t> descriptors_;  // that it began with
  std::optional<int> refused_call_;
  Fd threads_now_, descriptors_now_;  // of /proc
  std::vector<InArena> in_arena_;     // the contents that lie there
  int core_ = -1, patience_ = kTick;
  bool ended_ = false;
  std::atomic<bool> killed_ = false;  // by any thread
};

}  // namespace stoq
