// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "carving/bytes.h"

namespace stoq::plugins::autoit {

struct Source {
  std::string text;
  std::uint32_t lines = 0;
  std::string problem;  // "" or what is damaged, and where first
};

/// The source of a script that EA06 keeps as tokens, one line each, names as the compiler wrote
/// them. A line that is damaged ends there, and the next goes on. Linear. [thread-safe]
Source source_of(carving::Bytes tokens);

}  // namespace stoq::plugins::autoit
