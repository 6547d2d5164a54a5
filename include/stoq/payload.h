// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "stoq/json.h"

namespace stoq {

using Bytes = std::span<const uint8_t>;
using Sha256 = std::array<uint8_t, 32>;
std::string hex(Bytes bytes);
inline Bytes bytes_of(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

struct PayloadMeta {
  bool should_archive = true;
  Json extra_data = Json::object();
  std::vector<std::string> dispatch_to;
  bool should_scan = true;

  std::string text() const;  // canonical JSON
  // Takes over the fields that a JSON object names, as plugins give them. False when it is no
  // object or a field has the wrong type.
  bool update(std::string_view canonical);
};

struct RequestMeta {
  bool archive_payloads = true;
  std::optional<std::string> source;
  Json extra_data = Json::object();

  std::string text() const;
  bool update(std::string_view canonical);
};

// An argument that may be left out, and where a dict may stand for the meta whose extra_data it is.
template <class Meta>
struct MetaArgument : std::optional<Meta> {
  using std::optional<Meta>::optional;
  MetaArgument(Json extra_data) : std::optional<Meta>(Meta{.extra_data = std::move(extra_data)}) {}
};

class Content;

// A payload as plugins see it: content and everything known about it so far. Not shared between
// threads while a plugin looks at it.
class Payload {
 public:
  // Copies the content. `payload_id` empty: a new UUIDv4.
  explicit Payload(std::string_view content, MetaArgument<PayloadMeta> meta = {},
                   std::string payload_id = {});
  explicit Payload(Bytes content, MetaArgument<PayloadMeta> meta = {}, std::string payload_id = {});
  explicit Payload(Content content, PayloadMeta meta = {}, std::string payload_id = {});
  // Copies share the content.
  Payload(const Payload&);
  Payload(Payload&&) noexcept;
  Payload& operator=(const Payload&) = delete;
  Payload& operator=(Payload&&) noexcept;
  ~Payload();

  Bytes content()
      const;  // valid as long as the payload; StoqException when the content has been given up
  uint64_t size() const { return size_; }
  const Sha256& sha256() const;  // computed when first asked for, unless the engine knows it
  const Content& blob() const { return *content_; }

  std::string payload_id;
  PayloadMeta payload_meta;
  std::string extracted_from;  // payload_id of the parent; empty for a root
  std::string extracted_by;    // plugin that extracted it; empty for a root
  unsigned level = 0;
  std::vector<NamedResults> worker_results;
  std::vector<std::vector<std::string>> plugins_run;
  NamedResults dispatch_meta, deep_dispatch_meta;

  const Payload* parent = nullptr;  // alive as long as the request
  std::string ancestors;            // JSON, in a host process, where there is no parent to look at

  // What an adapter of another language keeps with a payload while it is in work.
  std::shared_ptr<void> companion;

  // For the engine: what it knows already, and that nobody needs the bytes any more.
  void set_sha256(const Sha256& digest) { sha256_ = digest; }
  void drop_content();

 private:
  std::unique_ptr<Content> content_;
  uint64_t size_ = 0;
  mutable std::optional<Sha256> sha256_;
};

// What a worker digs out of a payload.
struct ExtractedPayload {
  std::string content;
  PayloadMeta payload_meta;
};

// What belongs to the whole request, as plugins see it while one payload is scanned.
struct Request {
  RequestMeta request_meta;
};

}  // namespace stoq
