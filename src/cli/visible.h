// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace stoq::cli {

// What a terminal shows in place of foreign text, piece by piece: a character as it is, or an
// escape where showing it could hurt or deceive. Controls, bytes that are not UTF-8: \x1b; what is
// invisible, reorders text or is no character: \u202e.
class Cells {
 public:
  struct Cell {
    std::string_view text;  // valid until the next call of next()
    size_t columns = 1;     // never less than a terminal takes; 0: a mark on the cell before
  };

  explicit Cells(std::string_view text) : rest_(text) {}
  bool next(Cell& cell);

 private:
  void escape(Cell& cell, char kind, char32_t value, int digits);

  std::string_view rest_;
  std::string escaped_;
  size_t marks_left_ = 0;
};

size_t columns_of(std::string_view text);

// With spaces behind it to so many columns. What is longer stays as it is.
std::string padded(std::string text, size_t columns);

inline constexpr size_t kTextColumns = 4096;  // of one text of a plugin, an author, an error

// The visible form of at most `most` columns. Where that is not enough the end is cut off, which a
// final … shows.
std::string visible(std::string_view text, size_t most);

// The same, but the last quarter stays and the … stands before it: the end of a file name says what
// the file is.
std::string visible_ends(std::string_view text, size_t most);

}  // namespace stoq::cli
