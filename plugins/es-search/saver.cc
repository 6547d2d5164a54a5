// SPDX-License-Identifier: Apache-2.0
#include "saver.h"

#include <utility>

namespace stoq::plugins::es_search {
namespace {

constexpr size_t kNamed = 5;  // refused documents named in an error
constexpr std::string_view kPath =
    "/_bulk?filter_path=errors,items.*.status,items.*.error.type,items.*.error.reason,"
    "items.*.error.caused_by.reason";

std::string_view advice(long status) {
  switch (status) {
    case 401:
      return "; set username and password, or api_key";
    case 403:
      return "; give that user the right to create documents and indices of that name";
    case 404:
    case 405:
      return "; does es_host name the server and its path rightly?";
    case 406:
    case 415:
      return "; is that Elasticsearch 7, OpenSearch 1 or later?";
    default:
      return "";
  }
}

std::string documents(size_t count) {
  return std::to_string(count) + (count == 1 ? " document" : " documents");
}

}  // namespace

Saver::Saver(const http::Client& client, Cluster& cluster, http::Patience& patience,
             size_t bulk_size)
    : client_(client), cluster_(cluster), patience_(patience), bulk_size_(bulk_size) {}

void Saver::add(std::string_view index, std::string_view id, std::string_view document) {
  if (!bulk_.empty() && bulk_.size() + document.size() > bulk_size_) send();
  bulk_.add(index, id, document);
  ++total_;
}

void Saver::finish() {
  if (!bulk_.empty()) send();
  if (refused_ > 0) fail("");
}

void Saver::send() {
  patience_.renew();
  while (true) {
    Bulk busy;
    std::vector<Range> ranges{{0, bulk_.count()}};
    while (!ranges.empty()) {
      const Range range = ranges.back();
      ranges.pop_back();
      for (const Range& half : send(bulk_, range, busy)) ranges.push_back(half);
    }
    bulk_ = std::move(busy);
    if (bulk_.empty()) return;
    if (!patience_.again())
      fail(node_ + " was too busy for " + documents(bulk_.count()) + ": " + busy_ + " (" +
           patience_.story() + ")");
  }
}

std::vector<Saver::Range> Saver::send(const Bulk& bulk, Range range, Bulk& busy) {
  const std::string_view body = bulk.body(range.from, range.to);
  const size_t count = range.to - range.from;
  const http::Reply reply = post(body);
  if (reply.status == 413 && count > 1) {
    const size_t middle = range.from + count / 2;
    return {{middle, range.to}, {range.from, middle}};
  }
  if (reply.status == 413) {
    refused(bulk.id(range.from), 413,
            "its " + std::to_string(body.size()) +
                " bytes are more than the server takes at once (http.max_content_length)");
    return {};
  }
  if (!reply.good())
    fail(node_ + " " + client_.describe(reply) + std::string(advice(reply.status)));
  if (reply.cut)
    fail(node_ + " gave an answer of more than " + std::to_string(reply.body.size()) +
         " bytes, of which the rest was not read; set a lower bulk_size");
  const std::vector<ItemAnswer> answers = parse_answer(reply.body, count);
  if (answers.empty())
    fail(node_ + " gave no answer of _bulk for " + documents(count) +
         ", but: " + client_.quote(reply.body));
  for (size_t i = 0; i < count; ++i) {
    const auto& [status, reason] = answers[i];
    const size_t item = range.from + i;
    // 409: an earlier try has saved it, though we were not told.
    if ((status >= 200 && status < 300) || status == 409) {
      ++saved_;
    } else if (http::passing(status)) {
      busy.add(bulk, item);
      busy_ = std::to_string(status) + " " + client_.quote(reason);
    } else {
      refused(bulk.id(item), status, client_.quote(reason));
    }
  }
  return {};
}

http::Reply Saver::post(std::string_view body) {
  bool again = false;
  const auto request = [&] {
    if (std::exchange(again, true)) cluster_.turn();
    http::Request r;
    node_ = cluster_.node();
    r.url = node_ + std::string(kPath);
    r.headers = cluster_.headers();
    r.headers.push_back("Content-Type: application/x-ndjson");
    r.body = body;
    return r;
  };
  try {
    return http::exchange(client_, request, patience_);
  } catch (const sdk::Error& e) {
    fail(e.what());
  }
}

void Saver::refused(const std::string& id, long status, std::string_view why) {
  if (refused_++ < kNamed)
    reasons_.push_back(id + ": " + std::to_string(status) + " " + std::string(why));
}

std::string Saver::refusals() const {
  std::string text = std::to_string(refused_) + " of " + documents(total_) +
                     (refused_ == 1 ? " was" : " were") + " refused for good, " +
                     std::to_string(saved_) + " saved: ";
  for (const std::string& reason : reasons_) text += (&reason == &reasons_[0] ? "" : "; ") + reason;
  if (refused_ > kNamed) text += "; and " + std::to_string(refused_ - kNamed) + " more";
  return text;
}

void Saver::fail(const std::string& text) const {
  if (refused_ == 0) throw sdk::Error(text);
  throw sdk::Error(text.empty() ? refusals() : text + "; before that, " + refusals());
}

}  // namespace stoq::plugins::es_search
