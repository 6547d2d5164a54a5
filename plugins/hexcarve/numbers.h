// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stoq::plugins::hexcarve {

/// Bytes written one after another: "4D5A9000", "4D 5A 90 00", "0x4D, 0x5A", "\x4D\x5A", "&H4D,&H5A",
/// "77,90,144". Quotes, white space, signs that join literals, and commas may stand between them.
class Numbers {
 public:
  enum class Base : unsigned char { hex, decimal };

  Numbers(std::string_view text, std::size_t at, Base base) : text_(text), at_(at), base_(base) {}

  /// The next byte; nothing where the numbers end.
  std::optional<unsigned char> next();
  /// Appends the bytes whose digits follow one another with nothing before or between them, at most
  /// `most`: what next() would give, and faster.
  void pairs(std::size_t most, std::string& out);
  /// Behind the last one.
  std::size_t at() const { return at_; }

 private:
  std::size_t skip_between() const;

  std::string_view text_;
  std::size_t at_;
  Base base_;
};

/// A file in numbers.
struct Written {
  std::size_t at = 0, end = 0;  // in the text
  std::string_view kind;        // "pe", "elf", "zip" ...
  std::string content;
};

/// The next executable, archive or document at or behind `from`. `budget`: bytes that may be decoded
/// for nothing, which is lowered; nothing is found once it is 0. Linear, if the next search begins
/// behind it. [thread-safe]
std::optional<Written> next_file(std::string_view text, std::size_t from, std::size_t& budget);

}  // namespace stoq::plugins::hexcarve
