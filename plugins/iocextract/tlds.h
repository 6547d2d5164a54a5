// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace stoq::plugins::iocextract {

/// A set of top-level domains. Immutable once made, thread-safe.
class Tlds {
 public:
  static constexpr std::size_t kMaxLength = 63;

  /// `text`: one a line in any case; empty lines and those that begin with # are skipped. Throws
  /// sdk::Error, which names `file` and the line.
  Tlds(std::string_view text, const std::string& file);

  /// `label` in any case.
  bool contains(std::string_view label) const;
  std::size_t size() const { return size_; }

 private:
  void insert(const std::string& name);

  std::vector<std::string> slots_;  // open addressing; a power of two, half of them empty
  std::size_t size_ = 0, longest_ = 0;
};

}  // namespace stoq::plugins::iocextract
