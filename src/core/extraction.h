// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace stoq {

// What one extraction (one call of one worker on one payload) may yield; bytes and ratio are shared
// by all that extract from the payload.
struct ExtractionLimits {
  uint64_t children = 1'000'000;
  uint64_t bytes = uint64_t{1} << 30;         // of all that comes out of one payload
  uint64_t payload = uint64_t{1} << 30;       // of one payload
  uint64_t ratio = 200;                       // times the input …
  uint64_t ratio_from = uint64_t{100} << 20;  // … once past so many bytes
  uint64_t allowance = UINT64_MAX;  // what was left of the request's bytes before the payload
  uint64_t before = 0;  // what other workers extracted from the payload already; it counts
};

// Counts an extraction on real output and says when it must stop. Host process and engine run the
// same meter over the same steps, so that both come to the same verdict without asking each other.
class ExtractionMeter {
 public:
  enum class Limit : uint8_t { none, children, bytes, payload, ratio, request, spill };

  ExtractionMeter() = default;
  ExtractionMeter(const ExtractionLimits& limits, uint64_t input)
      : limits_(limits), input_(input) {}

  // Each answers whether the step may be taken; once false, always false.
  bool begin();
  bool write(uint64_t size);
  bool end();
  void stop(Limit why) { tripped_ = why; }

  bool open() const { return open_; }
  bool stopped() const { return tripped_ != Limit::none; }
  Limit tripped() const { return tripped_; }
  // The payload in the making has outgrown the limit of one payload: what follows of it is counted
  // and thrown away.
  bool oversized() const { return current_ > limits_.payload; }
  uint64_t current() const { return current_; }
  uint64_t children() const { return children_; }
  uint64_t bytes() const { return bytes_; }
  const ExtractionLimits& limits() const { return limits_; }
  uint64_t input() const { return input_; }

 private:
  ExtractionLimits limits_;
  uint64_t input_ = 0, children_ = 0, bytes_ = 0, current_ = 0;
  bool open_ = false;
  Limit tripped_ = Limit::none;
};

std::string_view name_of(ExtractionMeter::Limit limit);  // the name in LimitRecord::limit

}  // namespace stoq
