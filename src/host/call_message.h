// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cmath>

#include "core/instance.h"
#include "host/wire.h"

namespace stoq::wire {

// A payload that plugins are called with, and its request.
struct CallPayload {
  Place place = Place::none;  // of the content …
  uint64_t offset = 0;        // … in the arena
  uint64_t size = 0;          // of the content
  Sha256 sha256{};
  uint32_t level = 0;
  std::string_view payload_id, extracted_from, extracted_by, payload_meta, request_meta,
      dispatch_meta, deep_dispatch_meta, results, plugins_run, ancestors;
};

// A plugin to be called.
struct CallItem {
  Op op = Op::scan;
  uint32_t plugin = 0;           // its index in the template's order of loading
  uint32_t payload = 0;          // which one, if there are any
  int64_t deadline = INT64_MAX;  // milliseconds from its beginning
};

// What a call carries to a host beside contents; both sides use the same two functions.
struct CallMessage {
  std::vector<CallItem> items;  // in their order; those of a payload follow each other
  std::vector<CallPayload> payloads;
  int64_t time_left = INT64_MAX;  // of the request, milliseconds
  ExtractionLimits limits;
  uint64_t max_result = 0;  // bytes …
  uint32_t max_depth = 0;   // … and open brackets of any JSON that is given
  std::string_view response, scan_id, task;
  // A provider's call, which goes on for long, has no other item.
  bool ingests() const { return items.size() == 1 && items[0].op == Op::ingest; }
};

// How a call carries seconds; what is beyond a plugin's reach is no deadline.
inline int64_t milliseconds(double seconds) {
  return seconds < 1e9 ? static_cast<int64_t>(std::ceil(seconds * 1000)) : INT64_MAX;
}

std::string encode(const CallMessage& call);
CallMessage decode_call(std::string_view body);  // views into body; throws Malformed

}  // namespace stoq::wire
