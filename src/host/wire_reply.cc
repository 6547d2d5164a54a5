// SPDX-License-Identifier: Apache-2.0
#include "host/wire_reply.h"

#include <unistd.h>

#include <algorithm>

#include "core/answer.h"

namespace stoq {
namespace {

using wire::Record;

constexpr size_t kRecordHead = 1 + sizeof(uint32_t);
constexpr size_t kRoom = wire::kInlineBody;
constexpr std::chrono::milliseconds kKeep(5);  // after a message, until the next one
constexpr size_t kLongPut = 1 << 20;           // a payload of more travels as a file

std::chrono::steady_clock::time_point in(int64_t milliseconds) {
  if (milliseconds > int64_t{365} * 86'400'000) return std::chrono::steady_clock::time_point::max();
  return std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
}

}  // namespace

WireReply::WireReply(int socket, Outbox* outbox, uint64_t call, const wire::CallMessage& m)
    : socket_(socket),
      outbox_(outbox),
      call_(call),
      limits_(m.limits),
      max_result_(m.max_result),
      ingests_(m.ingests()),
      json_limits_{.max_size = m.max_result, .max_depth = m.max_depth},
      request_end_(in(m.time_left)),
      deadline_(request_end_),
      flushed_(std::chrono::steady_clock::now()) {
  out_.reserve(4096);
  if (outbox_) outbox_->begin(call_);
}

void WireReply::begin(const PluginInfo& plugin, const wire::CallItem& item, Input& input,
                      bool keep) {
  plugin_ = &plugin;
  deadline_ = std::min(request_end_, in(item.deadline));
  told_of_end_ = false;
  input_ = &input;
  keep_results_ = keep && item.op == Op::scan;
  keep_metas_ = !keep || !input.payload              ? nullptr
                : item.op == Op::get_dispatches      ? &input.payload->dispatch_meta
                : item.op == Op::get_deep_dispatches ? &input.payload->deep_dispatch_meta
                                                     : nullptr;
  meter_ = ExtractionMeter(limits_, input.payload ? input.payload->size() : 0);
}

// Bytes longer than a datagram has room for go as parts.
void WireReply::record(Record kind, std::string_view bytes, std::string_view more) {
  const auto append = [&](Record k, std::string_view a, std::string_view b) {
    const uint32_t size = static_cast<uint32_t>(a.size() + b.size());
    out_.push_back(static_cast<char>(k));
    out_.append(reinterpret_cast<const char*>(&size), sizeof size);
    out_.append(a).append(b);
  };
  while (true) {
    if (out_.size() + kRecordHead + bytes.size() + more.size() <= kRoom)
      return append(kind, bytes, more);
    if (kRoom < out_.size() + kRecordHead + 1024) {
      flush();
      continue;
    }
    const size_t room = kRoom - out_.size() - kRecordHead;
    std::string_view& first = bytes.empty() ? more : bytes;
    const size_t n = std::min(room, first.size());
    append(Record::part, first.substr(0, n), {});
    first.remove_prefix(n);
    flush();
  }
}

void WireReply::flush(const std::vector<int>& fds) {
  if (out_.empty()) return;
  if (!wire::send(socket_, {wire::Type::records, 0, call_, 0}, out_, fds))
    _exit(0);  // the engine is gone: nobody wants the rest; or the plugin has closed the socket
  sent_ += out_.size();
  kept_ = 0;
  out_.clear();
  if (outbox_) flushed_ = std::chrono::steady_clock::now();
}

// What the next one does is not laid at this one's door, for the engine can see that it is done.
void WireReply::plugin_done() {
  const auto now = std::chrono::steady_clock::now();
  const char told = told_of_end_ || now >= deadline_;
  if (keep_metas_) keep_metas(*keep_metas_, plugin_->name, metas_);
  give(Record::plugin_done, {&told, 1});
  if (outbox_) outbox_->answered(now);
}

// What a plugin has given whole stands, even if the plugin's next step ends the process.
void WireReply::give(Record kind, std::string_view bytes, std::string_view more) {
  const std::lock_guard lock(mutex_);
  record(kind, bytes, more);
  if (!outbox_) return flush();
  outbox_->keep(sent_, out_, kept_);
  kept_ = out_.size();
}

// Whether a meta makes sense is found out here, where the plugin can be told; the engine believes
// no broken one.
template <class Meta>
bool WireReply::read(std::string_view what, std::string_view shape, std::string_view json,
                     std::string& canonical, Meta& meta) {
  const json::Outcome outcome = json::canonicalise(json, canonical, json_limits_);
  if (outcome && meta.update(canonical)) return true;
  failed(Failure::raised, "StoqException",
         "its " + std::string(what) +
             " was refused: " + (outcome ? std::string(shape) : outcome.message));
  return false;
}

void WireReply::call_done() {
  const std::lock_guard lock(mutex_);
  record(Record::call_done, {});
  flush();
}

bool WireReply::result(std::string_view json) {
  // Checked by the engine; here only what saves a useless trip, and what a later plugin of this
  // trip wants to see.
  std::string within;
  if (json.size() >
      max_result_ * 4) {  // more than the engine takes in: what it comes to is found out here
    const json::Outcome outcome =
        json::canonicalise(json, within, {.max_size = max_result_, .max_depth = 10'000});
    if (outcome.fault == json::Fault::too_large)
      within = '"' + std::string(max_result_, ' ') + '"';  // refused there, for what it is
    if (!outcome && outcome.fault != json::Fault::too_large)
      within = std::string(json.substr(0, max_result_ * 4)) +
               '\0';  // no JSON either, wherever it is cut
    json = within;
  }
  if (keep_results_ && input_ && input_->payload) {
    std::string canonical;
    if (json::canonicalise(json, canonical, json_limits_))
      keep_result(input_->payload->worker_results.back(), plugin_->name, std::move(canonical));
  }
  give(Record::result, json);
  return true;
}

void WireReply::error(std::string_view text) {
  give(Record::error, text.substr(0, max_result_ * 4));
}

void WireReply::failed(Failure, std::string_view type, std::string_view text) {
  std::string head(type.substr(0, 4096 + 200));  // with the place, in Python
  std::replace(head.begin(), head.end(), '\0', ' ');
  head.push_back('\0');
  give(Record::failed, head, text.substr(0, max_result_ * 4));
}

bool WireReply::extract_begin(std::string_view payload_meta) {
  PayloadMeta meta;
  std::string canonical;
  if (!read("payload_meta", kPayloadMetaShape, payload_meta, canonical, meta)) return false;
  const std::lock_guard lock(mutex_);
  record(Record::extract_begin, canonical);
  return true;
}

bool WireReply::extract_meta(std::string_view payload_meta) {
  PayloadMeta meta;
  std::string canonical;
  if (!read("payload_meta", kPayloadMetaShape, payload_meta, canonical, meta)) return false;
  const std::lock_guard lock(mutex_);
  record(Record::extract_meta, canonical);
  return true;
}

void WireReply::extract_write(Bytes chunk) {
  const std::lock_guard lock(mutex_);
  std::string_view rest(reinterpret_cast<const char*>(chunk.data()), chunk.size());
  while (!rest.empty()) {  // each record stands for itself: no need to put it together again
    if (kRoom < out_.size() + kRecordHead + 1024) flush();
    const size_t n = std::min(rest.size(), kRoom - out_.size() - kRecordHead);
    record(Record::extract_write, rest.substr(0, n));
    rest.remove_prefix(n);
  }
}

// Somebody may look at it meanwhile. It goes off at once when nothing has for a while; what comes in
// quick succession shares a message.
void WireReply::extract_end(bool keep) {
  const char flag = keep ? 1 : 0;
  give(Record::extract_end, {&flag, 1});
  const std::lock_guard lock(mutex_);
  if (outbox_ && std::chrono::steady_clock::now() - flushed_ >= kKeep) flush();
}

void WireReply::extract_stopped() {
  const char limit = static_cast<char>(meter_.tripped());
  give(Record::extract_stopped, {&limit, 1});
}

bool WireReply::dispatch(std::string_view plugin, std::string_view meta) {
  std::string canonical;
  if (plugin.find('\0') != plugin.npos) return false;
  if (!meta.empty())
    if (const json::Outcome outcome = json::canonicalise(meta, canonical, json_limits_); !outcome) {
      failed(Failure::raised, "StoqException", "its dispatch meta was refused: " + outcome.message);
      return false;
    }
  give(Record::dispatch, std::string(plugin) + '\0', canonical);
  if (keep_metas_ && !canonical.empty() && metas_.size() < kNamesOfOneCall)
    metas_.set(plugin, Json::from_canonical(std::move(canonical)));
  return true;
}

bool WireReply::set_payload_meta(std::string_view json) {
  std::string canonical;
  PayloadMeta scratch;
  if (!input_ || !input_->payload) return false;
  PayloadMeta& meta = plugin_->changes_payload ? input_->payload->payload_meta
                                               : scratch;  // the engine says that it must not
  if (!read("payload_meta", kPayloadMetaShape, json, canonical, meta)) return false;
  give(Record::set_payload_meta, canonical);
  return plugin_->changes_payload;
}

bool WireReply::set_request_meta(std::string_view json) {
  std::string canonical;
  RequestMeta scratch;
  if (!input_ || !input_->request) return false;
  RequestMeta& meta = plugin_->changes_request ? input_->request->request_meta
                                               : scratch;  // the engine says that it must not
  if (!read("request_meta", kRequestMetaShape, json, canonical, meta)) return false;
  give(Record::set_request_meta, canonical);
  return plugin_->changes_request;
}

bool WireReply::set_dispatch_meta(bool deep, std::string_view json) {
  std::string canonical;
  if (const json::Outcome outcome = json::canonicalise(json, canonical, json_limits_); !outcome) {
    failed(Failure::raised, "StoqException", "its dispatch meta was refused: " + outcome.message);
    return false;
  }
  const char flag = deep;
  give(Record::set_dispatch_meta, {&flag, 1}, canonical);
  return true;
}

int64_t WireReply::time_left() {
  if (deadline_ == std::chrono::steady_clock::time_point::max()) return INT64_MAX;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(deadline_ - std::chrono::steady_clock::now());
  if (left.count() > 0) return left.count();
  told_of_end_ = true;
  return 0;
}

bool WireReply::cancelled() {
  return time_left() == 0 || answer_ == Answer::stop;
}

void WireReply::log(LogLevel level, std::string_view line) {
  const std::lock_guard lock(mutex_);
  const char head = static_cast<char>(level);
  record(Record::log, {&head, 1}, line.substr(0, 16 << 10));
  if (ingests_) flush();  // which may say nothing else for long
}

bool WireReply::put(Record kind, const std::string& body, int fd) {
  const std::lock_guard one_put(put_mutex_);
  std::unique_lock lock(mutex_);
  if (answer_ == Answer::stop) return false;
  answer_ = Answer::none;
  record(kind, body);
  if (fd >= 0)
    flush({fd});
  else
    flush();
  answered_.wait(lock, [this] { return answer_ != Answer::none; });
  return answer_ == Answer::go_on;
}

void WireReply::put_answered(bool go_on) {
  const std::lock_guard lock(mutex_);
  if (answer_ != Answer::stop) answer_ = go_on ? Answer::go_on : Answer::stop;
  answered_.notify_all();
}

bool WireReply::put_payload(Bytes content, std::string_view meta, std::string_view request,
                            uint64_t token) {
  wire::Writer w;
  const std::string_view bytes(reinterpret_cast<const char*>(content.data()), content.size());
  w.u64(token).text(meta).text(request);
  if (content.size() <= kLongPut) return put(Record::put_payload, w.text(bytes).str(), -1);
  const Fd file = wire::memory_file("stoq-item", bytes);
  return put(Record::put_payload, w.text(wire::Writer().u64(content.size()).str()).str(),
             file.get());
}

bool WireReply::put_file(int fd, std::string_view meta, std::string_view request, uint64_t token) {
  const Fd owned(fd);
  wire::Writer w;
  w.u64(token).text(meta).text(request);
  return put(Record::put_file, w.str(), fd);
}

bool WireReply::put_task(std::string_view task, std::string_view request, uint64_t token) {
  wire::Writer w;
  w.u64(token).text(task).text(request);
  return put(Record::put_task, w.str(), -1);
}

void WireReply::expect(uint64_t items) {
  wire::Writer w;
  give(Record::expect, w.u64(items).str());
}

}  // namespace stoq
