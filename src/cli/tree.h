// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "stoq/response.h"

namespace stoq::cli {

struct TreeStyle {
  bool color = false;
  size_t width = 100;  // columns; no line is longer
};

// A response as a tree of payloads with the findings of each, for eyes. Nothing that comes from a
// payload reaches the terminal as a control, and what is not shown is counted. Time and memory are
// linear in the response.
std::string tree_text(const StoqResponse& response, const TreeStyle& style);

}  // namespace stoq::cli
