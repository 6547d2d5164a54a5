// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "collector.h"

namespace stoq::plugins::splunk {

// Sends the events of one response, batch by batch. An event that Splunk refuses for good does not
// hold up the rest; finish() tells of it.
class Delivery {
 public:
  Delivery(const Collector& collector, http::Patience& patience, size_t batch_size,
           http::Milliseconds ack_timeout);

  void add(std::string_view event);
  // sdk::Error unless Splunk has taken every event, and confirmed it where it is asked to.
  void finish();

 private:
  struct Range {
    size_t from, to;
  };
  std::string_view events(Range range) const;
  void send();
  std::vector<Range> send(Range range);
  void take(const http::Reply& reply, size_t count);
  void await_acks();
  void refused(size_t event, std::string_view why);
  [[noreturn]] void fail(const std::string& text) const;

  const Collector& collector_;
  http::Patience& patience_;
  const size_t batch_size_;
  const http::Milliseconds ack_timeout_;
  std::string batch_;
  std::vector<size_t> ends_;  // of the events in the batch
  std::vector<int64_t> acks_;
  size_t done_ = 0;  // events in batches before this one
  size_t taken_ = 0, refused_ = 0;
  std::vector<std::string> reasons_;
};

}  // namespace stoq::plugins::splunk
