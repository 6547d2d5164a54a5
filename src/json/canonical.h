// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace stoq::json {

struct Limits {
  size_t max_size =
      size_t{16} << 20;      // bytes of output; at most 4 GiB - 1 counts, for the input as well
  unsigned max_depth = 256;  // open brackets
};

enum class Fault : uint8_t { none, syntax, utf8, duplicate_key, too_large, too_deep };

struct Outcome {
  Fault fault = Fault::none;
  size_t offset = 0;    // in the input
  std::string message;  // what, where, what was expected; empty without a fault
  explicit operator bool() const { return fault == Fault::none; }
};

// Appends `text`, which may be hostile, to `out` as canonical JSON (see stoq/sdk/json.h), or
// leaves `out` as it was and says why. One pass; canonical text stays as it is. Lone surrogates
// become U+FFFD; NaN, infinities and numbers that no double holds become null; integers keep all
// their digits. `text` must not lie in `out`. Any thread.
Outcome canonicalise(std::string_view text, std::string& out, const Limits& limits = {});

}  // namespace stoq::json
