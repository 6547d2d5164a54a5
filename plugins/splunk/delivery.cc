// SPDX-License-Identifier: Apache-2.0
#include "delivery.h"

#include <algorithm>

namespace stoq::plugins::splunk {
namespace {

constexpr size_t kNamed = 5;  // refused events named in an error
constexpr size_t kMostRefused =
    20;  // each costs a request; after so many it is no matter of events
constexpr http::Milliseconds kFirstLook{100}, kLongestLook{5000};

std::string count_of(size_t count) {
  return std::to_string(count) + (count == 1 ? " event" : " events");
}

}  // namespace

Delivery::Delivery(const Collector& collector, http::Patience& patience, size_t batch_size,
                   http::Milliseconds ack_timeout)
    : collector_(collector),
      patience_(patience),
      batch_size_(batch_size),
      ack_timeout_(ack_timeout) {}

void Delivery::add(std::string_view event) {
  if (!ends_.empty() && batch_.size() + event.size() > batch_size_) send();
  batch_.append(event);
  ends_.push_back(batch_.size());
}

void Delivery::finish() {
  if (!ends_.empty()) send();
  if (!acks_.empty()) await_acks();
  if (refused_ > 0) fail("");
}

std::string_view Delivery::events(Range range) const {
  const size_t begin = range.from == 0 ? 0 : ends_[range.from - 1];
  return std::string_view(batch_).substr(begin, ends_[range.to - 1] - begin);
}

void Delivery::send() {
  patience_.renew();
  std::vector<Range> ranges{{0, ends_.size()}};
  while (!ranges.empty()) {
    const Range range = ranges.back();
    ranges.pop_back();
    for (const Range& rest : send(range)) ranges.push_back(rest);
  }
  done_ += ends_.size();
  batch_.clear();
  ends_.clear();
}

std::vector<Delivery::Range> Delivery::send(Range range) {
  const size_t count = range.to - range.from;
  http::Reply reply;
  try {
    reply = collector_.post(events(range), patience_);
  } catch (const sdk::Error& e) {
    fail(e.what());
  }
  if (reply.good()) {
    take(reply, count);
    return {};
  }
  if (reply.status == 413 && count > 1) {
    const size_t middle = range.from + count / 2;
    return {{middle, range.to}, {range.from, middle}};
  }
  const std::string said = collector_.client().describe(reply);
  const CollectorAnswer answer = parse_answer(reply.body);
  if (reply.status == 413) {
    refused(range.from, "its " + std::to_string(events(range).size()) +
                            " bytes are more than Splunk takes at once (max_content_length in its "
                            "limits.conf)");
    return {};
  }
  // Splunk has indexed what stands before the event that it names, and nothing of the rest.
  if (reply.status == 400 && answer.invalid_event && *answer.invalid_event < count) {
    const size_t bad = range.from + *answer.invalid_event;
    taken_ += *answer.invalid_event;
    refused(bad, said + std::string(advice(400, answer.code)));
    if (refused_ >= kMostRefused) fail(collector_.url() + " refuses event after event");
    if (bad + 1 < range.to) return {{bad + 1, range.to}};
    return {};
  }
  fail(collector_.url() + " " + said + std::string(advice(reply.status, answer.code)));
}

void Delivery::take(const http::Reply& reply, size_t count) {
  const CollectorAnswer answer = parse_answer(reply.body);
  if (reply.cut || answer.code != 0)
    fail(collector_.url() + " gave no answer of the HTTP Event Collector for " + count_of(count) +
         ", but: " + collector_.client().quote(reply.body));
  if (collector_.ack()) {
    if (!answer.ack_id)
      fail(collector_.url() + " took " + count_of(count) +
           " without a number to ask for their acknowledgement; set ack = false, or enable it "
           "for the token");
    acks_.push_back(*answer.ack_id);
  }
  taken_ += count;
}

void Delivery::await_acks() {
  const auto end = std::chrono::steady_clock::now() + ack_timeout_;
  patience_.renew();
  for (http::Milliseconds pause = kFirstLook;; pause = std::min(pause * 2, kLongestLook)) {
    const size_t asked = acks_.size();
    try {
      acks_ = collector_.unconfirmed(acks_, patience_);
    } catch (const sdk::Error& e) {
      fail(e.what());
    }
    if (acks_.empty()) return;
    if (acks_.size() < asked) pause = kFirstLook;
    if (std::chrono::steady_clock::now() + pause >= end || !patience_.wait(pause))
      fail(collector_.url() + " took " + count_of(taken_) + " but has not acknowledged " +
           std::to_string(acks_.size()) + " of its batches in time");
  }
}

void Delivery::refused(size_t event, std::string_view why) {
  if (refused_++ < kNamed)
    reasons_.push_back("event " + std::to_string(done_ + event) + ": " + std::string(why));
}

void Delivery::fail(const std::string& text) const {
  if (refused_ == 0) throw sdk::Error(text);
  std::string all = text.empty() ? "" : text + "; before that, ";
  all += count_of(refused_) + (refused_ == 1 ? " was" : " were") + " refused for good, " +
         std::to_string(taken_) + " taken: ";
  for (const std::string& reason : reasons_) all += (&reason == &reasons_[0] ? "" : "; ") + reason;
  if (refused_ > kNamed) all += "; and " + std::to_string(refused_ - kNamed) + " more";
  throw sdk::Error(all);
}

}  // namespace stoq::plugins::splunk
