// SPDX-License-Identifier: Apache-2.0
#include "host/host_serve.h"

#include <fcntl.h>
#include <sys/single_threaded.h>
#include <sys/stat.h>
#include <unistd.h>

#include <deque>
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

Payload payload_of(const wire::CallPayload& p, Content content) {
  Payload payload(std::move(content), {}, std::string(p.payload_id));
  payload.payload_meta.update(p.payload_meta);
  payload.set_sha256(p.sha256);
  payload.level = p.level;
  payload.extracted_from = p.extracted_from;
  payload.extracted_by = p.extracted_by;
  payload.ancestors = p.ancestors;
  if (p.dispatch_meta.size() > 2) payload.dispatch_meta = members_of(p.dispatch_meta);
  if (p.deep_dispatch_meta.size() > 2)
    payload.deep_dispatch_meta = members_of(p.deep_dispatch_meta);
  for (const sdk::JsonView round : sdk::JsonView(p.results).elements())
    payload.worker_results.push_back(members_of(round.text()));
  for (const sdk::JsonView round : sdk::JsonView(p.plugins_run).elements())
    payload.plugins_run.push_back(round.strings());
  if (payload.worker_results.empty()) payload.worker_results.emplace_back();
  return payload;
}

// The contents of a call, where they lie.
class CallContents {
 public:
  CallContents(const uint8_t* arena, std::span<const Fd> files) : arena_(arena), files_(files) {}
  Content next(const wire::CallPayload& p) {
    if (p.place == wire::Place::arena && p.size <= wire::kArena &&
        p.offset <= wire::kArena - p.size)
      return Content::borrowed({arena_ + p.offset, p.size});
    if (p.place != wire::Place::file || taken_ == files_.size()) return {};
    const Fd& fd = files_[taken_++];
    const Bytes bytes = maps_.emplace_back(fd, p.size, false).bytes();
    return {std::make_shared<ReceivedFile>(bytes, fd.get()), p.size};
  }

 private:
  const uint8_t* arena_;
  std::span<const Fd> files_;
  size_t taken_ = 0;
  std::deque<wire::MappedFile> maps_;
};

// Whether plugins may have kept something of a payload that others are not to meet. The engine looks
// for itself, and believes nobody; this tells it when.
class Leftovers {
 public:
  // A descriptor more would be the first that was free.
  bool any() const { return !__libc_single_threaded || fcntl(first_free_, F_GETFD) >= 0; }

 private:
  static int free_descriptor() {
    const int fd = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    if (fd >= 0) close(fd);
    return fd;
  }
  const int first_free_ = free_descriptor();
};

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
    leftovers_.emplace();
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
    for (const wire::CallItem& item : m.items)
      if (item.plugin < plugins_.size()) called_.insert(item.plugin);
    if (!m.ingests()) {
      WireReply reply(socket_, &outbox_, message.header.call, m);
      answer(m, reply, message.fds);
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
      answer(wire::decode_call(*body), *reply, {});
      {
        // Before its last word: the engine may send this host away as soon as it has that.
        const std::lock_guard lock(mutex_);
        providers_.erase(number);
      }
      reply->call_done();
    }).detach();
  }

  void answer(const wire::CallMessage& m, WireReply& reply, std::span<const Fd> files) {
    current_reply = &reply;
    stray_lines.opened(reply);
    CallContents contents(arena_, files);
    size_t reach = 0;
    for (const wire::CallPayload& p : m.payloads)
      if (p.place == wire::Place::arena)
        reach = std::max<size_t>(reach, std::min(p.offset + p.size, wire::kArena));
    // Providers, which have threads of their own, are given none.
    if (reach > 0) wire::populate(arena_, touched_, reach, MADV_POPULATE_READ);
    RequestMeta request_meta;
    std::string_view text;  // of it
    for (size_t begin = 0, end; begin < m.items.size(); begin = end) {
      for (end = begin + 1; end < m.items.size() && m.items[end].payload == m.items[begin].payload;)
        ++end;
      Request request;
      Input input{.request = &request};
      input.response_text = m.response;
      input.scan_id = m.scan_id;
      input.task = m.task;
      std::optional<Payload> payload;
      if (!m.payloads.empty()) {
        const wire::CallPayload& p = m.payloads[m.items[begin].payload];
        input.payload = &payload.emplace(payload_of(p, contents.next(p)));
        if (p.request_meta != std::exchange(text, p.request_meta)) (request_meta = {}).update(text);
        request.request_meta = request_meta;
      }
      run({&m.items[begin], end - begin}, input, reply);
      // To be emptied, and looked at, at the cost of nobody else.
      if (end < m.items.size() && (tmp_.touched() || leftovers_->any())) break;
    }
    stray_lines.closed(reply);
    current_reply = nullptr;
  }

  // The plugins of one payload. Its dispatchers do not see what comes of workers that share the trip.
  void run(std::span<const wire::CallItem> items, Input& input, WireReply& reply) {
    std::vector<std::vector<std::string>> plugins_run(1);
    std::vector<NamedResults> results(1);
    bool hidden = false;
    const auto hide = [&](bool whether) {
      if (!input.payload || std::exchange(hidden, whether) == whether) return;
      std::swap(input.payload->plugins_run, plugins_run);
      std::swap(input.payload->worker_results, results);
    };
    for (size_t i = 0; i < items.size(); ++i) {
      if (items[i].plugin >= plugins_.size())
        throw wire::Malformed("a call for a plugin that is not here");
      Instance& plugin = *plugins_[items[i].plugin];
      const bool names = items[i].op != Op::scan;  // it is a dispatcher
      hide(items[i].op == Op::get_dispatches);
      bool keep = false;
      for (size_t k = i + 1; k < items.size(); ++k)
        keep |= items[k].plugin < plugins_.size() &&
                (names || plugins_[items[k].plugin]->info().wants_result_of(plugin.info().name));
      reply.begin(plugin.info(), items[i], input, keep);
      plugin.call(items[i].op, input, reply);
      reply.plugin_done();
    }
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
  std::optional<Leftovers> leftovers_;
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
