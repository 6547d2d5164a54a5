// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "carving/bytes.h"

namespace stoq::plugins::carving {

/// A byte that stands for every byte under it: plain content (key 0), or content XOR-ed with one
/// byte. `keeps_zeros`: 0 and the key itself were left as they are, as many encoders do.
struct Veil {
  std::uint8_t key = 0;
  bool keeps_zeros = false;

  std::uint8_t lift(std::uint8_t byte) const {
    const bool kept = keeps_zeros && (byte == 0 || byte == key);
    return kept ? byte : static_cast<std::uint8_t>(byte ^ key);
  }
  friend bool operator==(const Veil&, const Veil&) = default;
};

/// What the headers of a PE say about where it ends.
struct PeFile {
  std::uint64_t size = 0;  // of headers, sections and COFF symbols; may lie beyond the content
  std::uint64_t certificate_at = 0, certificate_size = 0;  // 0 where there is none
};

/// The PE at the start of `content`, if its headers are whole and make sense. Constant time, but
/// for at most 96 sections. [thread-safe]
std::optional<PeFile> read_pe(Bytes content, Veil veil = {});

}  // namespace stoq::plugins::carving
