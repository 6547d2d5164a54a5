// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "bulk.h"
#include "cluster.h"
#include "http/exchange.h"

namespace stoq::plugins::es_search {

// Sends the documents of one response, bulk by bulk. What the servers refuse for good does not hold
// up the rest; finish() tells of it.
class Saver {
 public:
  Saver(const http::Client& client, Cluster& cluster, http::Patience& patience, size_t bulk_size);

  void add(std::string_view index, std::string_view id, std::string_view document);
  // sdk::Error unless every document is safe.
  void finish();

 private:
  struct Range {
    size_t from, to;
  };
  void send();
  std::vector<Range> send(const Bulk& bulk, Range range, Bulk& busy);
  http::Reply post(std::string_view body);
  void refused(const std::string& id, long status, std::string_view why);
  [[noreturn]] void fail(const std::string& text) const;
  std::string refusals() const;

  const http::Client& client_;
  Cluster& cluster_;
  http::Patience& patience_;
  const size_t bulk_size_;
  Bulk bulk_;
  std::string node_;  // the one that was asked last
  size_t total_ = 0, saved_ = 0, refused_ = 0;
  std::string busy_;  // what was said of the last item that a later try may save
  std::vector<std::string> reasons_;
};

}  // namespace stoq::plugins::es_search
