// SPDX-License-Identifier: Apache-2.0
#pragma once

// Responses made by hand, for the tests of the tree.
#include <string>
#include <vector>

#include "cli/tree.h"

namespace stoq::cli {

inline PayloadResults payload(std::string id, std::string parent = "",
                              std::string_view filename = "", uint64_t size = 0) {
  PayloadResults results;
  results.payload_id = std::move(id);
  results.size = size;
  results.extracted_by = parent.empty() ? "" : "decompress";
  results.extracted_from = std::move(parent);
  if (!filename.empty()) results.payload_meta.extra_data = Json{{"filename", filename}};
  return results;
}

inline StoqResponse response(std::vector<PayloadResults> results) {
  StoqResponse r;
  r.scan_id = "5caff01d";
  r.results = std::move(results);
  return r;
}

inline std::string drawn(const StoqResponse& r, size_t width = 100) {
  return tree_text(r, {false, width});
}

}  // namespace stoq::cli
