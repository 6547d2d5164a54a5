// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "http/exchange.h"

namespace stoq::plugins::splunk {

// Splunk's answer, as far as it tells anything.
struct CollectorAnswer {
  int64_t code = -1;
  std::optional<size_t> invalid_event;  // its number in the batch
  std::optional<int64_t> ack_id;
};
CollectorAnswer parse_answer(std::string_view body);

// What to do about an answer that is a refusal; "" or a clause that begins with "; ".
std::string_view advice(long status, int64_t code);

// The HTTP Event Collector of one server, for one token. [thread-safe]
class Collector {
 public:
  // `url` with or without the path of the collector; adds the token to the secrets. sdk::Error for
  // what cannot be.
  Collector(const std::string& url, const std::string& token, bool ack, http::Settings settings);

  // Batches are put one after the other without anything between them.
  http::Reply post(std::string_view events, http::Patience& patience) const;
  // Of `ids`, those that Splunk does not confirm yet.
  std::vector<int64_t> unconfirmed(const std::vector<int64_t>& ids, http::Patience& patience) const;

  const http::Client& client() const { return client_; }
  const std::string& url() const { return url_; }
  bool ack() const { return ack_; }

 private:
  // Made when it is first needed: instances are copied by fork, and no two may share one.
  const std::string& channel() const;
  http::Reply send(const std::string& url, std::string_view body, http::Patience& patience) const;

  const std::string url_, token_;
  const bool ack_;
  const http::Client client_;
  mutable std::once_flag once_;
  mutable std::string channel_;
};

}  // namespace stoq::plugins::splunk
