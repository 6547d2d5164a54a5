// SPDX-License-Identifier: Apache-2.0
#include "core/extraction.h"

namespace stoq {

bool ExtractionMeter::begin() {
  if (stopped()) return false;
  if (children_ >= limits_.children) {
    tripped_ = Limit::children;
    return false;
  }
  ++children_;
  current_ = 0;
  open_ = true;
  return true;
}

bool ExtractionMeter::write(uint64_t size) {
  if (stopped()) return false;
  bytes_ += size;
  current_ += size;
  // Products that overflow mean inputs far beyond any limit of bytes.
  const uint64_t total = limits_.before + bytes_;
  const bool inflated =
      total > limits_.ratio_from && (limits_.ratio == 0 ? false : total / limits_.ratio > input_);
  if (total > limits_.bytes)
    tripped_ = Limit::bytes;
  else if (total > limits_.allowance)
    tripped_ = Limit::request;
  else if (inflated)
    tripped_ = Limit::ratio;
  if (stopped()) bytes_ -= size;  // refused, so not taken
  return !stopped();
}

bool ExtractionMeter::end() {
  open_ = false;
  return !stopped();
}

std::string_view name_of(ExtractionMeter::Limit limit) {
  switch (limit) {
    case ExtractionMeter::Limit::none:
      return "none";
    case ExtractionMeter::Limit::children:
      return "max_children";
    case ExtractionMeter::Limit::bytes:
      return "max_extracted_bytes";
    case ExtractionMeter::Limit::payload:
      return "max_payload_size";
    case ExtractionMeter::Limit::ratio:
      return "max_ratio";
    case ExtractionMeter::Limit::request:
      return "max_request_bytes";
    case ExtractionMeter::Limit::spill:
      return "spill";
  }
  return "none";
}

}  // namespace stoq
