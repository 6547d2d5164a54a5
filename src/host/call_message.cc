// SPDX-License-Identifier: Apache-2.0
#include "host/call_message.h"

namespace stoq::wire {
namespace {

constexpr uint64_t kMostOfEach = 4096;

constexpr std::string_view CallPayload::*kPayloadTexts[] = {
    &CallPayload::payload_id,         &CallPayload::extracted_from, &CallPayload::extracted_by,
    &CallPayload::payload_meta,       &CallPayload::request_meta,   &CallPayload::dispatch_meta,
    &CallPayload::deep_dispatch_meta, &CallPayload::results,        &CallPayload::plugins_run,
    &CallPayload::ancestors};
constexpr std::string_view CallMessage::*kTexts[] = {&CallMessage::response, &CallMessage::scan_id,
                                                     &CallMessage::task};

void write_payload(Writer& w, const CallPayload& p) {
  w.raw(p.place).raw(p.offset).raw(p.size).raw(p.sha256).raw(p.level);
  for (const auto text : kPayloadTexts) w.text(p.*text);
}

CallPayload read_payload(Reader& r) {
  CallPayload p;
  p.place = r.raw<Place>();
  p.offset = r.u64();
  p.size = r.u64();
  p.sha256 = r.raw<Sha256>();
  p.level = r.raw<uint32_t>();
  if (p.place > Place::file) throw Malformed("a payload that lies nowhere");
  for (const auto text : kPayloadTexts) p.*text = r.text();
  return p;
}

uint64_t read_count(Reader& r) {
  const uint64_t count = r.u64();
  if (count > kMostOfEach) throw Malformed("a call that makes no sense");
  return count;
}

}  // namespace

std::string encode(const CallMessage& c) {
  Writer w;
  w.str().reserve(256 + 512 * c.payloads.size());
  w.raw(c.time_left).raw(c.limits).raw(c.max_result).raw(c.max_depth);
  w.u64(c.items.size());
  for (const CallItem& item : c.items)
    w.raw(item.op).raw(item.plugin).raw(item.payload).raw(item.deadline);
  w.u64(c.payloads.size());
  for (const CallPayload& payload : c.payloads) write_payload(w, payload);
  for (const auto text : kTexts) w.text(c.*text);
  return std::move(w.str());
}

CallMessage decode_call(std::string_view body) {
  Reader r(body);
  CallMessage c;
  c.time_left = r.raw<int64_t>();
  c.limits = r.raw<ExtractionLimits>();
  c.max_result = r.u64();
  c.max_depth = r.raw<uint32_t>();
  for (uint64_t count = read_count(r); count > 0; --count) {
    CallItem& item = c.items.emplace_back();
    item.op = r.raw<Op>();
    if (item.op > Op::ingest) throw Malformed("a call that makes no sense");
    item.plugin = r.raw<uint32_t>();
    item.payload = r.raw<uint32_t>();
    item.deadline = r.raw<int64_t>();
  }
  for (uint64_t count = read_count(r); count > 0; --count) c.payloads.push_back(read_payload(r));
  for (const CallItem& item : c.items)
    if (!c.payloads.empty() && item.payload >= c.payloads.size())
      throw Malformed("a call with a payload that is not there");
  for (const auto text : kTexts) c.*text = r.text();
  return c;
}

}  // namespace stoq::wire
