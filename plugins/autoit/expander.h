// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "carving/bytes.h"
#include "cipher.h"

namespace stoq::plugins::autoit {

/// AutoIt's LZSS, piece by piece: single bytes, and repetitions of at least 3 bytes of the last
/// 32 KiB. Memory does not grow with what comes out. One thread at a time.
class Expander {
 public:
  /// `body` is decrypted, begins with its magic and outlives the reader.
  Expander(Version version, carving::Bytes body);

  /// Whether the magic is that of the version.
  bool known() const { return known_; }
  /// What its own header says.
  std::uint32_t size() const { return size_; }

  /// The next piece, valid until the next call; empty at the end, and where the rest is damaged.
  carving::Bytes next();
  bool damaged() const { return damaged_; }

 private:
  std::uint32_t bits(unsigned count);
  void step();
  std::uint64_t length();

  carving::Bytes body_;
  bool known_, match_bit_, damaged_ = false;
  std::uint32_t size_, left_;  // of what comes out, and of it what is to come
  std::size_t at_ = 8;         // in body_
  std::uint32_t pool_ = 0;     // bits that were read, and how many are not used yet
  unsigned held_ = 0;
  std::uint64_t run_ = 0, back_ = 0;  // what is left of a repetition
  std::vector<std::uint8_t> out_;     // the last 32 KiB, and the piece
};

}  // namespace stoq::plugins::autoit
