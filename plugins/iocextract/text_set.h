// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace stoq::plugins::iocextract {

/// Distinct texts in the order of their insertion. The hash has a key that differs from process to
/// process, so that no content can be made of texts that collide. One thread.
class TextSet {
 public:
  bool contains(std::string_view text) const;
  /// `text` must not be there yet.
  void insert(std::string_view text);
  const std::deque<std::string>& items() const { return items_; }

 private:
  struct Slot {
    std::uint32_t tag = 0;     // of the hash, what its place does not tell
    std::uint32_t number = 0;  // of the item, from 1; 0: empty
  };
  std::size_t place_of(std::uint64_t hash) const { return hash & (slots_.size() - 1); }
  void place(std::uint64_t hash, std::size_t number);
  void grow();

  std::vector<Slot> slots_;  // open addressing; a power of two, half of them empty
  std::deque<std::string> items_;
};

}  // namespace stoq::plugins::iocextract
