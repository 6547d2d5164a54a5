// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "listing.h"
#include "stoq/sdk/helper.h"
#include "stoq/sdk/memory_file.h"

namespace stoq::plugins::sevenzip {

/// 7zz on one archive, which it reads through a descriptor. It writes no file: what it extracts
/// comes out of its standard output. Nothing of a payload gets into its arguments but names of
/// members and passwords, behind the switch that says so. Throws sdk::HelperError.
class Program {
 public:
  Program(const sdk::Helper& helper, int archive_fd, std::string_view type)
      : helper_(helper), fd_(archive_fd), type_(type) {}

  Listing list(std::string_view password, Complaints& complaints, std::int64_t milliseconds);
  /// Whether the member decodes with this password.
  bool opens(std::string_view password, const std::string& path, std::int64_t milliseconds);
  /// Extracts all of it, or what bears one of `names`, in the order of the listing.
  sdk::HelperSession extract(std::string_view password,
                             const std::vector<std::string>* names = nullptr);

 private:
  sdk::HelperStart start(std::string_view command, std::string_view password) const;

  const sdk::Helper& helper_;
  const int fd_;
  const std::string type_;
  std::optional<sdk::MemoryFile> names_;
};

}  // namespace stoq::plugins::sevenzip
