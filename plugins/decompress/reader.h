// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <clocale>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sniff.h"
#include "unpack.h"

struct archive;
struct archive_entry;

namespace stoq::plugins::decompress {

/// UTF-8 for this thread while it lives: libarchive turns names that are stored as UTF-16 into the
/// locale's charset.
class Utf8Locale {
 public:
  Utf8Locale();
  ~Utf8Locale();
  Utf8Locale(const Utf8Locale&) = delete;
  Utf8Locale& operator=(const Utf8Locale&) = delete;

 private:
  locale_t own_;
  locale_t previous_;
};

/// Which reader to set up over which bytes.
struct Plan {
  std::span<const std::uint8_t> content;
  Container container = Container::none;
  Container inside =
      Container::none;     // in a compressed file: tar, cpio, or none for one plain member
  bool streaming = false;  // zip: by local headers instead of the central directory
};

/// One pass of libarchive over bytes in memory, with exactly the format and filter of the plan.
/// Movable, one thread.
class Reader {
 public:
  enum class Next : std::uint8_t {
    member,
    warned,
    bad,
    end,
    failed
  };  // bad: this header alone is unusable
  enum class Read : std::uint8_t { data, end, damaged };

  /// Of the content of the current member: `gap` zero bytes, then `bytes`.
  struct Block {
    std::uint64_t gap = 0;
    std::span<const std::uint8_t> bytes;
  };

  Reader(const Plan& plan, const std::string* password);

  Next next(Member& member);
  Read read(Block& block);
  /// Passes over `count` members; false: there are fewer.
  bool skip(std::uint64_t count);

  bool dead() const { return dead_; }  // nothing more can be read, neither data nor members
  bool sees_encryption() const;
  std::string error() const;
  std::vector<std::string> filters() const;

 private:
  struct Close {
    void operator()(archive* a) const;
  };

  void describe(archive_entry* entry, Member& member) const;

  std::unique_ptr<archive, Close> archive_;
  std::uint64_t position_ = 0;  // in the current member
  std::uint64_t declared_ = 0;  // its size, if it has one
  bool raw_ = false;
  bool opened_ = false;
  bool dead_ = false;
  bool at_end_ = false;
};

/// UTF-8 as it is, else Windows-1252; what that leaves open becomes U+FFFD.
std::string to_text(std::string_view bytes);
bool is_utf8(std::string_view bytes);

}  // namespace stoq::plugins::decompress
