// SPDX-License-Identifier: Apache-2.0
#include "host/shared_host.h"

#include <chrono>

namespace stoq {
namespace {

constexpr size_t kMostWaiting = 64;                     // messages of one call that wait to be read
constexpr unsigned kMostStray = 1000;                   // messages of no call
constexpr auto kEndPatience = std::chrono::seconds(2);  // with a host that is to end

}  // namespace

// One host process from its start to its end.
struct SharedHost::Life {
  struct Letter {
    wire::Header header;
    std::string body;
    std::vector<Fd> fds;
  };
  struct Box {
    std::deque<Letter> letters;
  };

  explicit Life(std::unique_ptr<HostProcess> h) : host(std::move(h)) {}

  // The reader: hands each message to the call that it belongs to.
  void read() {
    wire::Message message;
    unsigned stray = 0;
    while (!leaving) {
      wire::Received received;
      try {
        received = host->receive(message);
      } catch (const wire::Malformed&) {
        received = wire::Received::closed;
      }
      if (received == wire::Received::timeout) continue;
      std::unique_lock lock(mutex);
      if (received == wire::Received::closed) break;
      const uint64_t number = message.header.call;
      arrived.wait(lock, [&] {
        return leaving || boxes.find(number) == boxes.end() ||
               boxes[number].letters.size() < kMostWaiting;
      });
      if (const auto box = boxes.find(number); box != boxes.end()) {
        box->second.letters.push_back(
            {message.header, std::string(message.body), std::move(message.fds)});
        arrived.notify_all();
      } else if (++stray > kMostStray) {
        host->kill();  // its messages would be read without end
      }
    }
    const std::lock_guard lock(mutex);
    ended = true;
    end = host->end();
    arrived.notify_all();
  }

  std::unique_ptr<HostProcess> host;
  std::mutex send_mutex, mutex;
  std::condition_variable arrived;
  std::map<uint64_t, Box> boxes;
  bool ended = false;
  std::atomic<bool> leaving = false;
  HostEnd end;
  std::jthread reader;
  // Of the thread whose provider's call is open.
  uint64_t heard = 0;
  std::chrono::steady_clock::time_point heard_at = std::chrono::steady_clock::now(), watched;
};

class SharedHost::CallPeer final : public Peer {
 public:
  CallPeer(SharedHost& host, Life& life, uint64_t number, bool ingests)
      : host_(host), life_(life), number_(number), ingests_(ingests) {
    const std::lock_guard lock(life_.mutex);
    life_.boxes[number_];
  }
  ~CallPeer() override {
    const std::lock_guard lock(life_.mutex);
    life_.boxes.erase(number_);
    life_.arrived.notify_all();
  }
  wire::Received receive(wire::Message& message) override {
    if (ingests_) host_.watch(life_);
    std::unique_lock lock(life_.mutex);
    Life::Box& box = life_.boxes[number_];
    life_.arrived.wait_for(lock, std::chrono::milliseconds(kTick),
                           [&] { return life_.ended || !box.letters.empty(); });
    if (box.letters.empty()) return life_.ended ? wire::Received::closed : wire::Received::timeout;
    letter_ = std::move(box.letters.front());
    box.letters.pop_front();
    life_.arrived.notify_all();
    message.header = letter_.header;
    message.body = letter_.body;
    message.fds = std::move(letter_.fds);
    return wire::Received::message;
  }
  bool send(wire::Header header, std::string_view body) override {
    if (ingests_) {
      host_.tell(life_, header, body);  // its host may be busy with another call meanwhile
      return true;
    }
    const std::lock_guard lock(life_.send_mutex);
    return life_.host->send(header, body);
  }
  void kill() override { life_.host->kill(); }
  std::string unsent(uint64_t call, uint64_t received) override {
    return life_.host->unsent(call, received);
  }

 private:
  SharedHost& host_;
  Life& life_;
  uint64_t number_;
  bool ingests_;
  Life::Letter letter_;
};

SharedHost::~SharedHost() {
  const std::lock_guard lock(mutex_);
  if (!life_) return;
  {
    // It may still have outcomes to read, and things to put away.
    std::unique_lock life_lock(life_->mutex);
    life_->host->leave();
    life_->arrived.wait_for(life_lock, kEndPatience, [this] { return life_->ended; });
    life_->leaving = true;
  }
  life_->arrived.notify_all();
  life_->reader = {};
}

std::shared_ptr<SharedHost::Life> SharedHost::live() {
  const std::lock_guard lock(mutex_);
  if (life_) {
    const std::lock_guard life_lock(life_->mutex);
    if (!life_->ended) return life_;
  }
  if (life_) life_->reader = {};
  life_ = std::make_shared<Life>(group_.new_host());
  life_->reader = std::jthread([life = life_.get()] { life->read(); });
  return life_;
}

bool SharedHost::take_turn(BatchItem item) {
  std::unique_lock lock(turn_mutex_);
  while (at_work_) {
    turn_ended_.wait_for(lock, std::chrono::milliseconds(kTick), [this] { return !at_work_; });
    if (const std::string_view why = item.reply->over(); !why.empty()) {
      item.reply->failed(Failure::deadline, "deadline",
                         "it was not called: " + std::string(why) +
                             " before it came to an end with what others had asked");
      return false;
    }
  }
  return at_work_ = true;
}

void SharedHost::end_turn() {
  {
    const std::lock_guard lock(turn_mutex_);
    at_work_ = false;
  }
  turn_ended_.notify_one();
}

void SharedHost::call(Op op, Input& input, BatchItem item, uint32_t plugin, double deadline) {
  struct Turn {
    SharedHost* host;
    ~Turn() {
      if (host) host->end_turn();
    }
  };
  if (op != Op::ingest && !take_turn(item)) return;
  const Turn turn{op != Op::ingest ? this : nullptr};
  const std::shared_ptr<Life> life = live();
  CallTexts texts;
  wire::CallMessage message = describe_call(op, input, {&item, 1}, texts);
  message.plugins = {plugin};
  message.deadlines = {wire::milliseconds(deadline)};
  message.max_result = group_.limits().max_result;
  message.max_depth = group_.limits().max_depth;
  const uint64_t number = HostGroup::next_number();
  CallPeer peer(*this, *life, number, op == Op::ingest);
  Conversation conversation(peer, number, {&item, 1}, {&deadline, 1}, group_.limits().max_result,
                            group_.log());
  bool asked;
  {
    const std::lock_guard lock(life->send_mutex);
    asked = life->host->ask(message, number, input.payload);
  }
  if (!asked) life->host->kill();
  const std::optional<Ending> ending = asked ? conversation.run() : Ending{};
  if (!ending) return;
  std::unique_lock lock(life->mutex);
  life->arrived.wait_for(lock, std::chrono::seconds(2), [&] { return life->ended; });
  Teller{item.instance->info().name, deadline, group_.limits().sandbox.memory}(*item.reply, *ending,
                                                                               life->end);
}

void SharedHost::outcome(uint32_t plugin, uint64_t token, Outcome what, std::string_view reason) {
  std::shared_ptr<Life> life;
  {
    const std::lock_guard lock(mutex_);
    life = life_;
  }
  if (!life) return;
  wire::Writer w;
  w.raw(plugin).u64(token).raw(what).text(reason);
  tell(*life, {wire::Type::outcome}, w.str());
}

void SharedHost::tell(Life& life, wire::Header header, std::string_view body) {
  const std::lock_guard lock(life.send_mutex);
  if (!life.host->tell(header, body, patience_)) end_deaf(life);
}

// A host that leaves unread what it is told, for as long as a call may take, hangs in what it was
// told before: in an outcome, which nobody waits for.
void SharedHost::watch(Life& life) {
  const auto now = std::chrono::steady_clock::now();
  if (now - life.watched < std::chrono::milliseconds(kTick)) return;
  life.watched = now;
  const uint64_t heard = life.host->heard();
  if (heard != life.heard || !life.host->has_unheard()) {
    life.heard = heard;
    life.heard_at = now;
  } else if (now - life.heard_at >= std::chrono::duration<double>(patience_)) {
    end_deaf(life);
    life.heard_at = now;
  }
}

void SharedHost::end_deaf(Life& life) {
  group_.log()(LogLevel::error, name_,
               "it has not listened for " + Json(patience_).text() +
                   " s and is killed; what becomes of items that it has put it is not told");
  life.host->kill();
}

}  // namespace stoq
