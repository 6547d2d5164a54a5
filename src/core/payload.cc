// SPDX-License-Identifier: Apache-2.0
#include "stoq/payload.h"

#include "core/content.h"
#include "core/digest.h"
#include "core/uuid.h"
#include "stoq/exceptions.h"
#include "stoq/sdk/json.h"

namespace stoq {
namespace {

using sdk::JsonView;
using Kind = sdk::JsonKind;

bool take(JsonView member, bool& field) {
  if (member.kind() == Kind::missing) return true;
  if (member.kind() != Kind::boolean) return false;
  field = member.bool_or(field);
  return true;
}

bool take_object(JsonView member, Json& field) {
  if (member.kind() == Kind::missing) return true;
  if (member.kind() != Kind::object) return false;
  field = Json::from_canonical(std::string(member.text()));
  return true;
}

}  // namespace

std::string hex(Bytes bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out(bytes.size() * 2, '0');
  for (size_t i = 0; i < bytes.size(); ++i) {
    out[2 * i] = kDigits[bytes[i] >> 4];
    out[2 * i + 1] = kDigits[bytes[i] & 15];
  }
  return out;
}

std::string PayloadMeta::text() const {
  std::string scratch;
  sdk::JsonWriter w;
  w.begin_object();
  w.key("should_archive");
  w.value(should_archive);
  w.key("extra_data");
  w.raw(extra_data.view(scratch));
  w.key("dispatch_to");
  w.begin_array();
  for (const std::string& name : dispatch_to) w.value(std::string_view(name));
  w.end_array();
  w.key("should_scan");
  w.value(should_scan);
  w.end_object();
  return w.take();
}

bool PayloadMeta::update(std::string_view canonical) {
  const JsonView object(canonical);
  if (object.kind() != Kind::object) return false;
  PayloadMeta next = *this;  // all of it, or nothing
  if (!take(object["should_archive"], next.should_archive) ||
      !take(object["should_scan"], next.should_scan) ||
      !take_object(object["extra_data"], next.extra_data))
    return false;
  const JsonView names = object["dispatch_to"];
  if (names.kind() == Kind::array || names.kind() == Kind::string)
    next.dispatch_to = names.strings();
  else if (names.kind() != Kind::missing)
    return false;
  *this = std::move(next);
  return true;
}

std::string RequestMeta::text() const {
  std::string scratch;
  sdk::JsonWriter w;
  w.begin_object();
  w.key("archive_payloads");
  w.value(archive_payloads);
  w.key("source");
  if (source)
    w.value(std::string_view(*source));
  else
    w.value(nullptr);
  w.key("extra_data");
  w.raw(extra_data.view(scratch));
  w.end_object();
  return w.take();
}

bool RequestMeta::update(std::string_view canonical) {
  const JsonView object(canonical);
  if (object.kind() != Kind::object) return false;
  RequestMeta next = *this;  // all of it, or nothing
  if (!take(object["archive_payloads"], next.archive_payloads) ||
      !take_object(object["extra_data"], next.extra_data))
    return false;
  const JsonView from = object["source"];
  if (from.kind() == Kind::string)
    next.source = from.as_string();
  else if (from.kind() == Kind::null)
    next.source.reset();
  else if (from.kind() != Kind::missing)
    return false;
  *this = std::move(next);
  return true;
}

Payload::Payload(Content content, PayloadMeta meta, std::string id)
    : payload_id(id.empty() ? new_uuid() : std::move(id)),
      payload_meta(std::move(meta)),
      content_(std::make_unique<Content>(std::move(content))),
      size_(content_->size()) {}

Payload::Payload(Bytes content, MetaArgument<PayloadMeta> meta, std::string id)
    : Payload(Content::copy_of(content), meta ? std::move(*meta) : PayloadMeta{}, std::move(id)) {}

Payload::Payload(std::string_view content, MetaArgument<PayloadMeta> meta, std::string id)
    : Payload(bytes_of(content), std::move(meta), std::move(id)) {}

Payload::Payload(const Payload& other)
    : payload_id(other.payload_id),
      payload_meta(other.payload_meta),
      extracted_from(other.extracted_from),
      extracted_by(other.extracted_by),
      level(other.level),
      worker_results(other.worker_results),
      plugins_run(other.plugins_run),
      dispatch_meta(other.dispatch_meta),
      deep_dispatch_meta(other.deep_dispatch_meta),
      parent(other.parent),
      ancestors(other.ancestors),
      companion(other.companion),
      content_(other.content_ ? std::make_unique<Content>(*other.content_) : nullptr),
      size_(other.size_),
      sha256_(other.sha256_) {}

Payload::Payload(Payload&&) noexcept = default;
Payload& Payload::operator=(Payload&&) noexcept = default;
Payload::~Payload() = default;

Bytes Payload::content() const {
  if (!content_) throw StoqException("the content of payload " + payload_id + " has been given up");
  return content_->bytes();
}

const Sha256& Payload::sha256() const {
  if (!sha256_) sha256_ = sha256_of(content());
  return *sha256_;
}

void Payload::drop_content() {
  companion.reset();
  content_.reset();
}

}  // namespace stoq
