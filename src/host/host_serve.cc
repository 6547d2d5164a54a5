// SPDX-License-Identifier: Apache-2.0
#include "host/host_serve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <map>
#include <set>
#include <thread>

#include "core/content.h"
#include "core/facts.h"
#include "host/wire_reply.h"
#include "sandbox/namespaces.h"
#include "stoq/sdk/json.h"

namespace stoq {
namespace {

constexpr int kMostDescriptors = 256;
constexpr size_t kStrayLines = 100;
thread_local WireReply* current_reply = nullptr;

// How many descriptors this process has beside `list`, which is its /proc/self/fd.
uint32_t open_descriptors(Fd list) {
  struct stat st {};
  if (list && fstat(list.get(), &st) == 0 && st.st_size > 0)
    return static_cast<uint32_t>(st.st_size - 1);
  list = Fd();  // a kernel older than 6.2
  uint32_t count = 0;
  for (int fd = 0; fd < kMostDescriptors; ++fd) count += fcntl(fd, F_GETFD) >= 0;
  return count;
}

// Log lines of threads that no call is on: they go with the call that is open, or wait for the next
// one.
class StrayLines {
 public:
  void begin() {
    const std::lock_guard lock(mutex_);
    serving_ = true;
  }
  bool take(LogLevel level, std::string_view line) {
    const std::lock_guard lock(mutex_);
    if (!serving_) return false;
    if (!open_.empty())
      open_.back()->log(level, line);
    else if (waiting_.size() < kStrayLines)
      waiting_.emplace_back(level, line.substr(0, 16 << 10));
    return true;
  }
  void opened(WireReply& reply) {
    const std::lock_guard lock(mutex_);
    open_.push_back(&reply);
    for (const auto& [level, line] : waiting_) reply.log(level, line);
    waiting_.clear();
  }
  void closed(WireReply& reply) {
    const std::lock_guard lock(mutex_);
    std::erase(open_, &reply);
  }

 private:
  std::mutex mutex_;
  bool serving_ = false;
  std::vector<WireReply*> open_;
  std::vector<std::pair<LogLevel, std::string>> waiting_;
};

StrayLines stray_lines;

NamedResults members_of(std::string_view object) {
  NamedResults results;
  for (const auto& [name, value] : sdk::JsonView(object).members())
    results.emplace_back(name, Json::from_canonical(std::string(value.text())));
  return results;
}

// Content that came as a file; who reads it by descriptor needs no copy.
class ReceivedFile final : public Blob {
 public:
  ReceivedFile(Bytes bytes, int fd) : bytes_(bytes), fd_(fd) {}
  Bytes bytes() const override { return bytes_; }
  int fd() const override { return fd_; }

 private:
  Bytes bytes_;
  int fd_;
};

Payload payload_of(const wire::CallMessage& m, Content content) {
  Payload payload(std::move(content), {}, std::string(m.payload_id));
  payload.payload_meta.update(m.payload_meta);
  payload.set_sha256(m.sha256);
  payload.level = m.level;
  payload.extracted_from = m.extracted_from;
  payload.extracted_by = m.extracted_by;
  payload.ancestors = m.ancestors;
  if (m.dispatch_meta.size() > 2) payload.dispatch_meta = members_of(m.dispatch_meta);
  if (m.deep_dispatch_meta.size() > 2)
    payload.deep_dispatch_meta = members_of(m.deep_dispatch_meta);
  for (const sdk::JsonView round : sdk::JsonView(m.results).elements())
    payload.worker_results.push_back(members_of(round.text()));
  for (const sdk::JsonView round : sdk::JsonView(m.plugins_run).elements())
    payload.plugins_run.push_back(round.strings());
  if (payload.worker_results.empty()) payload.worker_results.emplace_back();
  return payload;
}

class CallServer {
 public:
  CallServer(int socket, const uint8_t* arena, Outbox& outbox, Loaded& plugins,
             const std::string& tmp)
      : socket_(socket), arena_(arena), outbox_(outbox), plugins_(plugins), tmp_(tmp) {}

  [[noreturn]] void run(Fd descriptors) {
    stray_lines.begin();
    wire::Writer ready;
    wire::send(socket_, {wire::Type::ready},
               ready.raw(open_descriptors(std::move(descriptors))).str());
    wire::Inbox inbox;
    wire::Message message;
    while (inbox.receive(socket_, message, wire::kLongBody) == wire::Received::message) {
      switch (message.header.type) {
        case wire::Type::call:
          call(message);
          break;
        case wire::Type::outcome:
          outcome(message.body);
          break;
        case wire::Type::put_reply:
          put_reply(message);
          break;
        default:
          break;
      }
      outbox_.hear();
    }
    const std::lock_guard lock(mutex_);
    if (providers_.empty())
      for (const uint32_t plugin : called_) plugins_[plugin].reset();
    _exit(0);
  }

 private:
  void call(wire::Message& message) {
    const wire::CallMessage m = wire::decode_call(message.body);
    for (const uint32_t plugin : m.plugins)
      if (plugin < plugins_.size()) called_.insert(plugin);
    if (m.op != Op::ingest) {
      WireReply reply(socket_, &outbox_, message.header.call, m);
      answer(m, reply, message);
      message.fds.clear();
      {
        const std::lock_guard lock(mutex_);
        if (providers_.empty()) tmp_.empty();
      }
      return reply.call_done();
    }
    // A provider goes on for long, while other calls and outcomes come in.
    auto body = std::make_shared<std::string>(message.body);
    auto reply = std::make_shared<WireReply>(socket_, nullptr, message.header.call, m);
    {
      const std::lock_guard lock(mutex_);
      providers_[message.header.call] = reply;
    }
    std::thread([this, body, reply, number = message.header.call] {
      wire::Message none;
      answer(wire::decode_call(*body), *reply, none);
      {
        // Before its last word: the engine may send this host away as soon as it has that.
        const std::lock_guard lock(mutex_);
        providers_.erase(number);
      }
      reply->call_done();
    }).detach();
  }

  void answer(const wire::CallMessage& m, WireReply& reply, wire::Message& message) {
    current_reply = &reply;
    stray_lines.opened(reply);
    std::optional<wire::MappedFile> file;
    Content content;
    if (m.place == wire::Place::arena && m.size <= wire::kArena) {
      wire::populate(arena_, touched_, m.size, MADV_POPULATE_READ);
      content = Content::borrowed({arena_, m.size});
    }
    if (m.place == wire::Place::file && !message.fds.empty()) {
      const Fd& fd = message.fds.front();
      const Bytes bytes = file.emplace(fd, m.size, false).bytes();
      content = Content(std::make_shared<ReceivedFile>(bytes, fd.get()), m.size);
    }
    Payload payload = payload_of(m, std::move(content));
    Request request;
    request.request_meta.update(m.request_meta);
    const bool of_payload = m.op == Op::scan || m.op == Op::get_dispatches ||
                            m.op == Op::get_deep_dispatches || m.op == Op::archive;
    Input input{.payload = of_payload ? &payload : nullptr, .request = &request};
    input.response_text = m.response;
    input.scan_id = m.scan_id;
    input.task = m.task;
    for (size_t i = 0; i < m.plugins.size(); ++i) {
      if (m.plugins[i] >= plugins_.size())
        throw wire::Malformed("a call for a plugin that is not here");
      Instance& plugin = *plugins_[m.plugins[i]];
      bool keep = false;
      for (size_t k = i + 1; k < m.plugins.size(); ++k)
        keep |= m.plugins[k] < plugins_.size() &&
                plugins_[m.plugins[k]]->info().wants_result_of(plugin.info().name);
      reply.begin(plugin.info(), m.deadlines[i], input, keep);
      plugin.call(m.op, input, reply);
      reply.plugin_done(i + 1 == m.plugins.size());
    }
    stray_lines.closed(reply);
    current_reply = nullptr;
  }

  void outcome(std::string_view body) {
    wire::Reader r(body);
    const uint32_t plugin = r.raw<uint32_t>();
    const uint64_t token = r.u64();
    const auto what = static_cast<Outcome>(r.raw<uint8_t>());
    if (plugin < plugins_.size()) plugins_[plugin]->outcome(token, what, r.text());
  }

  void put_reply(const wire::Message& message) {
    const std::lock_guard lock(mutex_);
    if (const auto at = providers_.find(message.header.call); at != providers_.end())
      at->second->put_answered(!message.body.empty() && message.body[0] == 1);
  }

  const int socket_;
  const uint8_t* arena_;
  size_t touched_ = 0;  // of the arena
  Outbox& outbox_;
  Loaded& plugins_;
  sandbox::Scratch tmp_;
  std::set<uint32_t> called_;  // of plugins_; the others live elsewhere
  std::mutex mutex_;
  std::map<uint64_t, std::shared_ptr<WireReply>> providers_;
};

}  // namespace

void serve_calls(int socket, const uint8_t* arena, Outbox& outbox, Loaded& plugins,
                 const std::string& tmp, Fd descriptors) {
  CallServer(socket, arena, outbox, plugins, tmp).run(std::move(descriptors));
}

LogFunction host_log(std::function<void(LogLevel, std::string_view)> otherwise) {
  return [otherwise = std::move(otherwise)](LogLevel level, std::string_view line) {
    if (current_reply)
      current_reply->log(level, line);
    else if (!stray_lines.take(level, line))
      otherwise(level, line);
  };
}

}  // namespace stoq
