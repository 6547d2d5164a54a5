// SPDX-License-Identifier: Apache-2.0
#include "host/call_message.h"

namespace stoq::wire {
namespace {

constexpr std::string_view CallMessage::*kTexts[] = {&CallMessage::payload_id,
                                                     &CallMessage::extracted_from,
                                                     &CallMessage::extracted_by,
                                                     &CallMessage::payload_meta,
                                                     &CallMessage::request_meta,
                                                     &CallMessage::dispatch_meta,
                                                     &CallMessage::deep_dispatch_meta,
                                                     &CallMessage::results,
                                                     &CallMessage::plugins_run,
                                                     &CallMessage::ancestors,
                                                     &CallMessage::response,
                                                     &CallMessage::scan_id,
                                                     &CallMessage::task};

}  // namespace

std::string encode(const CallMessage& c) {
  Writer w;
  w.str().reserve(512);
  w.raw(c.op)
      .raw(c.place)
      .raw(c.size)
      .raw(c.sha256)
      .raw(c.level)
      .raw(c.time_left)
      .raw(c.limits)
      .raw(c.max_result)
      .raw(c.max_depth);
  w.u64(c.plugins.size());
  for (size_t i = 0; i < c.plugins.size(); ++i)
    w.raw(c.plugins[i]).raw(i < c.deadlines.size() ? c.deadlines[i] : INT64_MAX);
  for (const auto text : kTexts) w.text(c.*text);
  return std::move(w.str());
}

CallMessage decode_call(std::string_view body) {
  Reader r(body);
  CallMessage c;
  c.op = r.raw<Op>();
  c.place = r.raw<Place>();
  c.size = r.u64();
  c.sha256 = r.raw<Sha256>();
  c.level = r.raw<uint32_t>();
  c.time_left = r.raw<int64_t>();
  c.limits = r.raw<ExtractionLimits>();
  c.max_result = r.u64();
  c.max_depth = r.raw<uint32_t>();
  const uint64_t count = r.u64();
  if (c.op > Op::ingest || c.place > Place::file || count > 4096)
    throw Malformed("a call that makes no sense");
  for (uint64_t i = 0; i < count; ++i) {
    c.plugins.push_back(r.raw<uint32_t>());
    c.deadlines.push_back(r.raw<int64_t>());
  }
  for (const auto text : kTexts) c.*text = r.text();
  return c;
}

}  // namespace stoq::wire
