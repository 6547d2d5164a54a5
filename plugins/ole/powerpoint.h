// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "office/bytes.h"

namespace stoq::plugins::ole {

/// An embedded object in the stream "PowerPoint Document".
struct SlideObject {
  std::uint64_t offset = 0;  // of its record in the stream
  bool compressed = false;   // with zlib, behind four bytes of size
  office::Bytes content;
};
std::vector<SlideObject> slide_objects(office::Bytes stream);

}  // namespace stoq::plugins::ole
