// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "office/bytes.h"

namespace stoq::plugins::office {

/// What came out of a decoder, and why it is not all; empty when it is.
struct Inflated {
  std::vector<std::uint8_t> bytes;
  std::string problem;
};

/// A zlib stream, at most `most` bytes of it.
Inflated inflate_zlib(Bytes stream, std::uint64_t most);

/// Calls `wanted` with the name of each member of a zip archive, and `take` with the content of those
/// that it answers true for: at most `most` bytes of one, four times as many of all together. False
/// from `take` ends it. Answers whether the archive could be read to its end.
bool read_zip(Bytes archive, std::uint64_t most,
              const std::function<bool(const std::string&)>& wanted,
              const std::function<bool(const std::string&, const Inflated&)>& take);

}  // namespace stoq::plugins::office
