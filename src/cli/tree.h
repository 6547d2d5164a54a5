// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "stoq/response.h"

namespace stoq::cli {

struct TreeStyle {
  bool color = false;
  size_t width = 100;  // columns; lines are cut to it
};

// A response as a tree of payloads with the findings of each, for eyes. Control characters of payloads are made visible.
std::string tree_text(const StoqResponse& response, const TreeStyle& style);

}  // namespace stoq::cli
