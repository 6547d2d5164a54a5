// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace stoq::plugins::url_files {

struct UrlFile {
  std::string_view format;                                  // "url", "iqy", "jnlp"; "" for none
  std::vector<std::pair<std::string, std::string>> fields;  // in order, at most 1000
};

/// Reads the first 1 MiB of such a file, told by content. Linear. [thread-safe]
UrlFile read_url_file(std::string_view text);

}  // namespace stoq::plugins::url_files
