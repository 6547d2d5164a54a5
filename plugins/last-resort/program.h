// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "stoq/sdk/helper.h"

namespace stoq::plugins::last_resort {

/// What bounds a run.
struct Bounds {
  std::uint64_t maximum_size;  // of the payload and of each piece
  std::int64_t milliseconds;
  int layers;  // that clamscan may open, the payload's own included
};

/// clamscan on one payload, which it reads through a descriptor, without any signature: it unpacks
/// and leaves its temporary files and its notes in `directory`. Throws sdk::HelperError. Returns
/// what it complained of.
std::vector<std::string> unpack(const sdk::Helper& clamscan, int payload,
                                const std::string& no_signatures, const std::string& directory,
                                const Bounds& bounds);

}  // namespace stoq::plugins::last_resort
