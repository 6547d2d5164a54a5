// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "http/client.h"
#include "http/url.h"

namespace stoq::plugins::es_search {

// What es_host and es_options say about the servers, in the words of the Python client.
struct ClusterOptions {
  std::vector<std::string> hosts;
  std::string es_options;  // JSON
  std::string username, password, api_key;
};

// The nodes of a cluster, each of which takes documents. [thread-safe]
class Cluster {
 public:
  using Warn = std::function<void(std::string_view)>;

  // Adds what concerns the connection to `settings`. sdk::Error for what cannot be.
  Cluster(const ClusterOptions& options, http::Settings& settings, const Warn& warn);

  // The node in use; after turn(), the next one.
  const std::string& node() const { return nodes_[at_.load() % nodes_.size()]; }
  void turn() { at_.fetch_add(1); }
  const std::vector<std::string>& nodes() const { return nodes_; }
  // Headers that prove who we are.
  const std::vector<std::string>& headers() const { return headers_; }

 private:
  std::vector<std::string> nodes_, headers_;
  std::atomic<size_t> at_ = 0;
};

}  // namespace stoq::plugins::es_search
