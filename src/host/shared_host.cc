// SPDX-License-Identifier: Apache-2.0
#include "host/shared_host.h"

#include <chrono>

namespace stoq {
namespace {

constexpr size_t kMostWaiting = 64;  // messages of one call that wait to be read
constexpr auto kUnread = std::chrono::milliseconds(100);  // a box is full so long: nobody reads it
constexpr unsigned kMostStray = 1000;                     // messages of no call
constexpr double kSeenOff = 2;                            // seconds, with a host that is to end

// What a message of records holds, as far as that can be read.
struct Contents {
  uint64_t lines = 0;  // of a log
  bool others = false;
  bool torn = false;  // the next message goes on with its last record
};
Contents contents_of(std::string_view body) {
  Contents contents;
  try {
    for (wire::Reader r(body); !r.empty();) {
      const auto kind = r.raw<wire::Record>();
      r.take(r.raw<uint32_t>());
      if (kind == wire::Record::log)
        ++contents.lines;
      else
        contents.others = true;
      contents.torn = kind == wire::Record::part;
    }
  } catch (const wire::Malformed&) {
    contents.others = true;
  }
  return contents;
}

}  // namespace

// One host process from its start to its end.
struct SharedHost::Life {
  struct Letter {
    wire::Header header;
    std::string body;
    std::vector<Fd> fds;
  };
  // Of a call. A provider's is not read while what it has put waits for room: then lines of its log
  // are left out, so that the others' are.
  struct Box {
    bool has_room(std::string_view body) const {
      return letters.size() < kMostWaiting ||
             (unread && (may_lack(body) || letters.size() < 2 * kMostWaiting));
    }
    void put(wire::Message& message) {
      if (unread && letters.size() >= kMostWaiting && may_lack(message.body)) {
        left_out += contents_of(message.body).lines;
        return;
      }
      if (ingests) torn = contents_of(message.body).torn;
      letters.push_back({message.header, std::string(message.body), std::move(message.fds)});
    }
    bool may_lack(std::string_view body) const {
      const Contents contents = contents_of(body);
      return !torn && !contents.others;
    }

    const bool ingests;
    std::deque<Letter> letters;
    bool unread = false, torn = false;
    uint64_t left_out = 0;  // lines
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
      const auto has_room = [&] {
        const auto box = boxes.find(number);
        return leaving || box == boxes.end() || box->second.has_room(message.body);
      };
      while (!arrived.wait_for(lock, kUnread, has_room))
        boxes.at(number).unread = boxes.at(number).ingests;
      if (const auto box = boxes.find(number); box != boxes.end()) {
        box->second.put(message);
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
  std::atomic<uint64_t> told = 0;  // messages to it
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
    life_.boxes.emplace(number_, Life::Box{.ingests = ingests_});
  }
  ~CallPeer() override {
    uint64_t left_out = 0;
    {
      const std::lock_guard lock(life_.mutex);
      left_out = life_.boxes.at(number_).left_out;
      life_.boxes.erase(number_);
      life_.arrived.notify_all();
    }
    say_left_out(left_out);
  }
  wire::Received receive(wire::Message& message) override {
    if (ingests_) host_.watch(life_);
    std::unique_lock lock(life_.mutex);
    Life::Box& box = life_.boxes.at(number_);
    life_.arrived.wait_for(lock, std::chrono::milliseconds(kTick),
                           [&] { return life_.ended || !box.letters.empty(); });
    if (box.letters.empty()) return life_.ended ? wire::Received::closed : wire::Received::timeout;
    letter_ = std::move(box.letters.front());
    box.letters.pop_front();
    box.unread = false;
    const uint64_t left_out = box.letters.empty() ? std::exchange(box.left_out, 0) : 0;
    life_.arrived.notify_all();
    lock.unlock();
    say_left_out(left_out);
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
    ++life_.told;
    return life_.host->send(header, body);
  }
  void kill() override { life_.host->kill(); }
  uint64_t too_much_memory() override { return ingests_ ? 0 : life_.host->too_much_memory(); }
  std::string unsent(uint64_t call, uint64_t received) override {
    return life_.host->unsent(call, received);
  }

 private:
  void say_left_out(uint64_t lines) const {
    if (lines > 0)
      host_.group_.log()(LogLevel::warning, host_.name_,
                         std::to_string(lines) +
                             " lines of its log are left out: they came while what it has put "
                             "waited for room");
  }

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
    std::unique_lock life_lock(life_->mutex);
    life_->host->leave();
    see_off(*life_, life_lock);
    life_->leaving = true;
  }
  life_->arrived.notify_all();
  life_->reader = {};
}

// It may still have outcomes to hear, and things to put away.
void SharedHost::see_off(Life& life, std::unique_lock<std::mutex>& lock) {
  using Clock = std::chrono::steady_clock;
  uint64_t heard = life.host->heard();
  Clock::time_point heard_at = Clock::now();
  while (
      !life.arrived.wait_for(lock, std::chrono::milliseconds(kTick), [&] { return life.ended; })) {
    // It says so itself, and is not believed more than can be.
    if (const uint64_t now = life.host->heard(); now > heard && now <= life.told) {
      heard = now;
      heard_at = Clock::now();
    }
    const bool owes = heard < life.told;  // an answer, or to hear an outcome
    if (Clock::now() - heard_at < std::chrono::duration<double>(owes ? patience_ : kSeenOff))
      continue;
    if (owes) end_deaf(life);
    return;
  }
  if (life.host->heard() < life.told)
    group_.log()(LogLevel::error, name_,
                 "its host process ended (" +
                     (life.end.status ? describe_end(*life.end.status) : "by an unknown cause") +
                     ") before it had heard all; what becomes of items that it has put it is not "
                     "told");
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

void SharedHost::call(BatchItem item, uint32_t plugin, double deadline) {
  struct Turn {
    SharedHost* host;
    ~Turn() {
      if (host) host->end_turn();
    }
  };
  const bool ingests = item.op == Op::ingest;
  if (!ingests && !take_turn(item)) return;
  const Turn turn{ingests ? nullptr : this};
  const std::shared_ptr<Life> life = live();
  Question question({&item, 1});
  wire::CallMessage& message = question.message;
  message.items[0].plugin = plugin;
  message.items[0].deadline = wire::milliseconds(deadline);
  message.max_result = group_.limits().max_result;
  message.max_depth = group_.limits().max_depth;
  const uint64_t number = HostGroup::next_number();
  CallPeer peer(*this, *life, number, ingests);
  Conversation conversation(peer, number, {&item, 1}, {&deadline, 1}, group_.limits().max_result,
                            group_.log());
  bool asked;
  {
    const std::lock_guard lock(life->send_mutex);
    ++life->told;
    asked = life->host->ask(question, number);
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
  ++life.told;
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
