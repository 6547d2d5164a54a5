// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace stoq::plugins::b64decode {

/// Room for what `size` more characters can give, with slack for stores that run over.
constexpr std::size_t decoded_room(std::size_t size) {
  return size / 4 * 3 + 8;
}

/// Decodes groups of four characters of the standard alphabet, from `in` on up to the first that is
/// none or to `end`, and gives that place. `out` has decoded_room(end - in) bytes and moves on.
const std::uint8_t* decode_groups(const std::uint8_t* in, const std::uint8_t* end,
                                  std::uint8_t*& out);

/// Base64 of the standard alphabet, piece by piece. Characters outside of it are skipped. Padding
/// that fills its group ends the text; '=' anywhere else is skipped too. For one text at a time.
class Decoder {
 public:
  enum class Ending : std::uint8_t {
    whole,
    unpadded,  // the last group has two or three characters, and not the padding that it needs
    odd,       // the last group has one character, which is less than a byte
  };

  /// Decodes the next piece to `out`, which has decoded_room(text.size()) bytes; gives how many of
  /// them count.
  std::size_t decode(std::span<const std::uint8_t> text, std::uint8_t* out);

  /// How the text has ended, if nothing more comes.
  Ending ending() const;
  /// Characters of the alphabet that were given, up to the padding …
  std::uint64_t characters() const { return characters_ + open_; }
  /// … and those behind it, which were not decoded.
  std::uint64_t ignored() const { return ignored_; }

 private:
  const std::uint8_t* step(const std::uint8_t* in, const std::uint8_t* end, std::size_t most,
                           std::uint8_t*& out);
  void pad(std::uint8_t*& out);

  std::array<std::uint8_t, 4> group_{};  // the values of the group that is open
  unsigned open_ = 0, padding_ = 0;
  bool ended_ = false;
  std::uint64_t characters_ = 0;  // in groups that are not open
  std::uint64_t ignored_ = 0;
};

}  // namespace stoq::plugins::b64decode
