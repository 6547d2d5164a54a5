// SPDX-License-Identifier: Apache-2.0
//
// Saves responses in Splunk through its HTTP Event Collector.
#include <unistd.h>

#include "delivery.h"
#include "envelope.h"
#include "http/split.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::splunk {
namespace {

using sdk::Kind;

http::Milliseconds duration(const sdk::Host& host, std::string_view name) {
  return http::Milliseconds(static_cast<int64_t>(host.number(name) * 1000));
}

class Splunk {
 public:
  static constexpr sdk::Option options[] = {
      {"url", Kind::text, "", "the HTTP Event Collector, such as https://splunk.example:8088"},
      {"token", Kind::text, "", "the token of the collector"},
      {"index", Kind::text, "", "the index; empty: the token's own"},
      {"source", Kind::text, "stoq", "the source of the events"},
      {"sourcetype", Kind::text, "stoq", "the source type; the README says how to define it"},
      {"host", Kind::text, "", "the host of the events; empty: the name of this one"},
      {"split", Kind::boolean, "false", "one event for each result, not for each response"},
      {"batch_size", Kind::size, "1000000", "bytes of one request", 1024, 1 << 30},
      {"ack", Kind::boolean, "false", "wait until Splunk confirms that events are indexed"},
      {"ack_timeout", Kind::duration, "60", "time for that", 0.1, 3600},
      {"timeout", Kind::duration, "60", "time for one request", 0.01, 3600},
      {"connect_timeout", Kind::duration, "10", "time to connect", 0.01, 3600},
      {"max_retries", Kind::integer, "10", "tries after the first one", 0, 1000},
      {"retry_wait", Kind::duration, "0.5", "pause before the second try; it doubles, up to 30 s",
       0.001, 30},
      {"verify_tls", Kind::boolean, "true", "check the server's certificate and name"},
      {"ca_file", Kind::text, "", "PEM file of the authorities to trust; empty: the system's"},
      {"proxy", Kind::text, "",
       "URL of a proxy, or environment to go by http_proxy and the like; empty: none"},
  };

  explicit Splunk(const sdk::Host& host)
      : split_(host.boolean("split")),
        batch_size_(static_cast<size_t>(host.integer("batch_size"))),
        ack_timeout_(duration(host, "ack_timeout")),
        retries_{host.integer("max_retries"), duration(host, "retry_wait")},
        envelope_{host_name(host.text("host")), host.text("source"), host.text("sourcetype"),
                  host.text("index")},
        collector_(host.text("url"), host.text("token"), host.boolean("ack"), settings(host)) {
    envelope_.check(split_);
  }

  void save(sdk::Call& call) {
    const http::ResponseText response(call.response());
    const std::string time = epoch(response.time());
    http::Patience patience(retries_, call);
    Delivery delivery(collector_, patience, batch_size_, ack_timeout_);
    const auto add = [&](const http::ResponseText::Document& document) {
      delivery.add(envelope_.around(document.text, document.plugin, time));
    };
    if (split_)
      response.split(add);
    else
      response.whole(add);
    delivery.finish();
  }

 private:
  static std::string host_name(std::string name) {
    if (!name.empty()) return name;
    char own[256] = "";
    gethostname(own, sizeof own - 1);
    return own;
  }
  static http::Settings settings(const sdk::Host& host) {
    http::Settings s;
    s.timeout = duration(host, "timeout");
    s.connect_timeout = duration(host, "connect_timeout");
    s.max_reply = 1 << 20;
    s.verify_tls = host.boolean("verify_tls");
    s.ca_file = host.text("ca_file");
    s.proxy = host.text("proxy");
    return s;
  }

  const bool split_;
  const size_t batch_size_;
  const http::Milliseconds ack_timeout_;
  const http::RetryPolicy retries_;
  const Envelope envelope_;
  const Collector collector_;
};

}  // namespace

STOQ_PLUGIN(Splunk, "splunk", "4.0.0")

}  // namespace stoq::plugins::splunk
