// SPDX-License-Identifier: Apache-2.0
#include "host/conversation.h"

#include <algorithm>
#include <cerrno>
#include <chrono>

namespace stoq {

using wire::Malformed;
using wire::Record;

namespace {
constexpr unsigned kFailuresTold = 1000;  // of one plugin in one call
constexpr unsigned kLinesTold = 1000;     // likewise, where the call has a deadline
constexpr size_t kLine = 16 << 10;
// For what follows the last answer, and for what comes from a host that is killed.
constexpr std::chrono::seconds kEnd(5);

struct OfAnotherCall : Malformed {
  using Malformed::Malformed;
};
}  // namespace

std::optional<Ending> Conversation::run() {
  begun_ = std::chrono::steady_clock::now();
  next_deadline(begun_);
  try {
    return converse();
  } catch (const OfAnotherCall& e) {
    peer_.kill();
    return Ending{at_, Failure::lied, e.what(), !spoken_};
  } catch (const Malformed& e) {
    peer_.kill();
    return Ending{at_, Failure::lied, e.what()};
  } catch (const std::exception& e) {  // the engine's own: memory, mostly
    peer_.kill();
    return Ending{at_, Failure::refused, e.what()};
  }
}

std::optional<Ending> Conversation::converse() {
  wire::Message message;
  while (!done_) {
    peer_.wait_at_most(patience());
    const wire::Received received = peer_.receive(message);
    if (received == wire::Received::closed) {
      ahead_ = std::clamp<uint64_t>(peer_.progress(call_).answered, ahead_, items_.size());
      return ended({at_, Failure::crashed, ""});
    }
    if (received == wire::Received::message) records(message);
    if (received == wire::Received::timeout && !stop_told_ && current().cancelled()) {
      stop_told_ = true;
      // A provider learns that intake has ended also when it puts nothing; others do not listen.
      answer_put(false);
    }
    // The time may have been cut short meanwhile.
    if (received == wire::Received::timeout && at_work() < items_.size() &&
        current().time_left() <= 0) {
      of_request_ = true;
      deadline_ = std::chrono::steady_clock::time_point::min();
    }
    if (const uint64_t bytes = done_ ? 0 : peer_.too_much_memory(); bytes > 0) {
      peer_.kill();
      return ended({at_, Failure::memory, std::to_string(bytes >> 20) + " MiB"});
    }
    if (!done_ && std::chrono::steady_clock::now() >= deadline_ && !is_ahead()) {
      peer_.kill();
      if (at_work() == items_.size())
        return ended({at_, Failure::lied, "it does not end the call after its last answer"});
      return ended({at_, Failure::deadline, of_request_ ? "the request" : ""});
    }
  }
  return std::nullopt;
}

// Whether the answers that are waited for are given, and another plugin is at work. Each has its
// own deadline.
bool Conversation::is_ahead() {
  const Outbox::Progress progress = peer_.progress(call_);
  if (progress.answered <= at_work() || progress.answered > items_.size()) return false;
  ahead_ = progress.answered;
  next_deadline(std::clamp(progress.since, begun_, std::chrono::steady_clock::now()));
  return true;
}

// What it had given before stands.
Ending Conversation::ended(Ending ending) {
  receive_rest();
  ending.at = at_;
  return ending;
}

void Conversation::receive_rest() {
  ended_ = true;
  peer_.wait_at_most(kTick);
  wire::Message message;
  // Whom it has left behind may go on talking.
  const auto end = std::chrono::steady_clock::now() + kEnd;
  while (!over_ && std::chrono::steady_clock::now() < end &&
         peer_.receive(message) == wire::Received::message)
    records(message);
  if (over_) return;
  const std::string rest = peer_.unsent(call_, received_);
  message = {{wire::Type::records, 0, call_, rest.size()}, rest, {}};
  if (!rest.empty()) records(message);
}

// Until the deadline, as far as that is near.
int Conversation::patience() const {
  using std::chrono::milliseconds;
  const auto now = std::chrono::steady_clock::now();
  if (deadline_ - milliseconds(kTick) > now) return kTick;
  return static_cast<int>(
      std::max<int64_t>(0, std::chrono::ceil<milliseconds>(deadline_ - now).count()));
}

// Of the plugin that is at work since then.
void Conversation::next_deadline(std::chrono::steady_clock::time_point since) {
  const size_t at = at_work();
  if (at >= items_.size()) {
    deadline_ = since + kEnd;
    return;
  }
  deadline_ = std::chrono::steady_clock::time_point::max();
  const int64_t left = items_[at].reply->time_left();
  const double seconds = std::min(deadlines_[at], static_cast<double>(left) / 1000.0);
  of_request_ = seconds < deadlines_[at];
  if (seconds < 1e9)
    deadline_ = since + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                            std::chrono::duration<double>(seconds));
}

// Of the plugin that answers, or answered last.
Reply& Conversation::current() {
  return *items_[std::min(at_, items_.size() - 1)].reply;
}

Reply& Conversation::reply() {
  if (at_ >= items_.size()) throw Malformed("an answer comes after the last one");
  return *items_[at_].reply;
}

void Conversation::records(wire::Message& message) {
  if (message.header.call != call_) throw OfAnotherCall("an answer to another question");
  if (message.header.type != wire::Type::records) throw Malformed("an answer to another question");
  spoken_ = true;
  received_ += message.body.size();
  wire::Reader r(message.body);
  while (!r.empty() && !over_) {
    if (done_) throw Malformed("an answer goes on behind the end of its call");
    const auto kind = r.raw<Record>();
    const std::string_view bytes = r.take(r.raw<uint32_t>());
    if (partial_.size() + bytes.size() > max_record_)
      throw Malformed("an answer is longer than any may be");
    if (kind == Record::part) {
      partial_.append(bytes);
    } else if (partial_.empty()) {
      record(kind, bytes, message);
    } else {
      partial_.append(bytes);
      record(kind, partial_, message);
      partial_.clear();
      if (partial_.capacity() > (1 << 20)) partial_ = {};
    }
  }
  if (!message.fds.empty()) throw Malformed("a descriptor comes that no record asks for");
}

void Conversation::record(Record kind, std::string_view bytes, wire::Message& message) {
  if (kind == Record::plugin_done)
    answering_ = false;
  else if (kind != Record::log && kind != Record::call_done)
    answering_ = true;
  switch (kind) {
    case Record::result:
      reply().result(bytes);
      return;
    case Record::error:
      reply().error(bytes);
      return;
    case Record::failed: {
      const size_t nul = bytes.find('\0');
      if (nul == bytes.npos) throw Malformed("a failure without a kind");
      if (++failures_told_ > kFailuresTold) return;
      const std::string_view type = bytes.substr(0, nul);
      const bool memory = type == "std::bad_alloc" || type.ends_with("MemoryError");
      out_of_memory_ |= memory;
      return reply().failed(memory ? Failure::memory : Failure::raised, type,
                            bytes.substr(nul + 1));
    }
    case Record::extract_begin: {
      ExtractionMeter& meter = reply().meter();
      if (meter.tripped() == ExtractionMeter::Limit::spill) return;
      if (meter.open() || !meter.begin()) throw Malformed("a payload begins where none may");
      if (meter.children() == 2) peer_.works_beside();
      reply().extract_begin(
          bytes);  // what is wrong with its meta is recorded; then nothing of it is kept
      return;
    }
    case Record::extract_write: {
      ExtractionMeter& meter = reply().meter();
      if (meter.tripped() == ExtractionMeter::Limit::spill) return;
      if (!meter.open()) throw Malformed("a payload is written that had not begun");
      if (!meter.write(bytes.size())) throw Malformed("more was extracted than the limits allow");
      reply().extract_write(bytes_of(bytes));
      if (meter.stopped())
        meter.end();  // it can be kept nowhere: the rest of this extraction is passed over
      return;
    }
    case Record::extract_meta:
      if (reply().meter().tripped() == ExtractionMeter::Limit::spill) return;
      if (!reply().meter().open()) throw Malformed("a payload's meta comes where none may");
      reply().extract_meta(bytes);
      return;
    case Record::extract_end: {
      ExtractionMeter& meter = reply().meter();
      if (meter.tripped() == ExtractionMeter::Limit::spill) return;
      if (!meter.open() || bytes.size() != 1) throw Malformed("a payload ends that had not begun");
      reply().extract_end(bytes[0] == 1);
      meter.end();
      return;
    }
    case Record::extract_stopped: {
      if (reply().meter().tripped() == ExtractionMeter::Limit::spill) return;
      if (bytes.size() != 1 ||
          static_cast<uint8_t>(bytes[0]) > static_cast<uint8_t>(ExtractionMeter::Limit::request) ||
          bytes[0] == 0 || reply().meter().open())
        throw Malformed("an extraction was stopped by a limit that does not exist");
      if (reply().meter().stopped()) return;
      reply().meter().stop(static_cast<ExtractionMeter::Limit>(bytes[0]));
      reply().extract_stopped();
      return;
    }
    case Record::dispatch: {
      const size_t nul = bytes.find('\0');
      if (nul == bytes.npos) throw Malformed("a dispatch without a name");
      reply().dispatch(bytes.substr(0, nul), bytes.substr(nul + 1));
      return;
    }
    case Record::set_payload_meta:
      if (!reply().set_payload_meta(bytes) && items_[at_].instance->info().changes_payload)
        throw Malformed("a change of payload_meta that makes no sense");
      return;
    case Record::set_request_meta:
      reply().set_request_meta(bytes);
      return;
    case Record::set_dispatch_meta:
      if (bytes.empty() || static_cast<uint8_t>(bytes[0]) > 1)
        throw Malformed("a change of dispatch meta that is of no dispatcher");
      reply().set_dispatch_meta(bytes[0] == 1, bytes.substr(1));
      return;
    case Record::log: {
      if (bytes.empty()) return;
      const auto level = static_cast<LogLevel>(bytes[0]);
      const std::string& name = items_[std::min(at_, items_.size() - 1)].instance->info().name;
      const bool ends = deadline_ != std::chrono::steady_clock::time_point::max();
      if (ends && ++lines_told_ > kLinesTold) {
        if (lines_told_ == kLinesTold + 1)
          log_(LogLevel::warning, name, "what more it says in this call is left out");
        return;
      }
      return log_(name_of(level) == "INFO" ? LogLevel::info : level, name, bytes.substr(1, kLine));
    }
    case Record::put_payload: {
      wire::Reader r(bytes);
      const uint64_t token = r.u64();
      const std::string_view meta = r.text(), request = r.text(), content = r.text();
      if (message.fds.empty())
        return answer_put(reply().put_payload(bytes_of(content), meta, request, token));
      const Fd file = std::move(message.fds.front());
      message.fds.erase(message.fds.begin());
      const wire::MappedFile mapped(file, wire::Reader(content).u64(), true);
      return answer_put(reply().put_payload(mapped.bytes(), meta, request, token));
    }
    case Record::put_file: {
      wire::Reader r(bytes);
      const uint64_t token = r.u64();
      const std::string_view meta = r.text(), request = r.text();
      if (message.fds.empty()) throw Malformed("a file without a descriptor");
      Reply& taker = reply();  // who has it from here on
      const int fd = message.fds.front().release();
      message.fds.erase(message.fds.begin());
      return answer_put(taker.put_file(fd, meta, request, token));
    }
    case Record::put_task: {
      wire::Reader r(bytes);
      const uint64_t token = r.u64();
      const std::string_view task = r.text(), request = r.text();
      return answer_put(reply().put_task(task, request, token));
    }
    case Record::expect:
      return reply().expect(wire::Reader(bytes).u64());
    case Record::plugin_done:
      if (reply().meter().open()) throw Malformed("an answer ends in the middle of a payload");
      if (ended_ && at_ >= ahead_) {
        over_ = true;  // it was killed too late: what others then gave, they are asked for again
        return;
      }
      // What it left undone because it was told of its end, nobody else knows of; nor, of several,
      // when each was done.
      if ((!bytes.empty() && bytes[0] != 0) ||
          (items_.size() == 1 && std::chrono::steady_clock::now() >= deadline_))
        reply().failed(
            Failure::deadline, "deadline",
            "it came to its end only after " +
                (of_request_ ? std::string("the time of the request was over")
                             : "its deadline of " + Json(deadlines_[at_]).text() + " s") +
                "; what it had given stands");
      reply().answered();
      ++at_;
      failures_told_ = lines_told_ = 0;
      if (at_ >= ahead_) next_deadline(std::chrono::steady_clock::now());
      return;
    case Record::call_done:
      if (at_ != items_.size() && (at_ == 0 || items_[at_].input == items_[at_ - 1].input))
        throw Malformed("a call ends before all its answers");
      if (answering_) throw Malformed("a call ends in the middle of an answer");
      done_ = true;
      return;
    case Record::part:
      break;
  }
  throw Malformed("a record of an unknown kind");
}

void Conversation::answer_put(bool go_on) {
  const char flag = go_on ? 1 : 0;
  if (!peer_.send({wire::Type::put_reply, 0, call_, 0}, {&flag, 1}) && errno == EAGAIN)
    throw Malformed("it asks and does not listen to the answers");
}

}  // namespace stoq
