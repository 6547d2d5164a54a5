// SPDX-License-Identifier: Apache-2.0
//
// Saves responses in OpenSearch or Elasticsearch.
#include "cluster.h"
#include "http/split.h"
#include "index_name.h"
#include "saver.h"
#include "stoq/sdk/plugin.h"

namespace stoq::plugins::es_search {
namespace {

using sdk::Kind;

constexpr size_t kLongestId = 512;  // bytes, of the servers

http::Milliseconds duration(const sdk::Host& host, std::string_view name) {
  return http::Milliseconds(static_cast<int64_t>(host.number(name) * 1000));
}

class EsSearch {
 public:
  static constexpr sdk::Option options[] = {
      {"es_host", Kind::list, "localhost",
       "servers of one cluster, by name or URL; one that fails is followed by the next"},
      {"es_options", Kind::json, R"({"port": 9200})",
       "port, use_ssl, url_prefix, http_auth, api_key, verify_certs, ca_certs as a JSON object"},
      {"es_index", Kind::text, "stoq", "the index; {plugin} in it is replaced when split is on"},
      {"index_by_month", Kind::boolean, "true", "add -YYYY-MM to the index: the month of the scan"},
      {"es_timeout", Kind::duration, "60", "time for one request", 0.01, 3600},
      {"es_retry", Kind::boolean, "true", "try again what may pass: failures, 429, 5xx"},
      {"es_max_retries", Kind::integer, "10", "tries after the first one", 1, 1000},
      {"retry_wait", Kind::duration, "0.5", "pause before the second try; it doubles, up to 30 s",
       0.001, 30},
      {"split", Kind::boolean, "false", "one document for each result, not for each response"},
      {"bulk_size", Kind::size, "8MiB", "bytes of one request", 1024, 1 << 30},
      {"username", Kind::text, "", "who we are, with password; wins over es_options"},
      {"password", Kind::text, "", "of username"},
      {"api_key", Kind::text, "", "an encoded API key, instead of username and password"},
      {"verify_tls", Kind::boolean, "true", "check the server's certificate and name"},
      {"ca_file", Kind::text, "", "PEM file of the authorities to trust; empty: the system's"},
      {"connect_timeout", Kind::duration, "10", "time to connect", 0.01, 3600},
      {"proxy", Kind::text, "",
       "URL of a proxy, or environment to go by http_proxy and the like; empty: none"},
  };

  explicit EsSearch(const sdk::Host& host)
      : split_(host.boolean("split")),
        bulk_size_(static_cast<size_t>(host.integer("bulk_size"))),
        retries_{host.boolean("es_retry") ? host.integer("es_max_retries") : 0,
                 duration(host, "retry_wait")},
        index_(host.text("es_index"), host.boolean("index_by_month"), split_),
        settings_(settings(host)),
        cluster_({host.list("es_host"), host.text("es_options"), host.text("username"),
                  host.text("password"), host.text("api_key")},
                 settings_, [&](std::string_view line) { host.warning(line); }),
        client_(settings_) {}

  void save(sdk::Call& call) {
    const http::ResponseText response(call.response());
    http::Patience patience(retries_, call);
    Saver saver(client_, cluster_, patience, bulk_size_);
    size_t number = 0;
    const auto add = [&](const http::ResponseText::Document& document) {
      std::string id = response.scan_id();
      if (split_) id += "." + std::to_string(number++);
      if (id.size() > kLongestId)
        throw sdk::Error("the scan_id is too long to be the id of a document");
      saver.add(index_.of(document.plugin, response.time()), id, document.text);
    };
    if (split_)
      response.split(add);
    else
      response.whole(add);
    saver.finish();
  }

 private:
  static http::Settings settings(const sdk::Host& host) {
    http::Settings s;
    s.timeout = duration(host, "es_timeout");
    s.connect_timeout = duration(host, "connect_timeout");
    s.max_reply = 64 << 20;
    s.verify_tls = host.boolean("verify_tls");
    s.ca_file = host.text("ca_file");
    s.proxy = host.text("proxy");
    return s;
  }

  const bool split_;
  const size_t bulk_size_;
  const http::RetryPolicy retries_;
  const IndexName index_;
  http::Settings settings_;
  Cluster cluster_;
  http::Client client_;
};

}  // namespace

STOQ_PLUGIN(EsSearch, "es-search", "4.0.0")

}  // namespace stoq::plugins::es_search
