// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "office/bytes.h"

namespace stoq::plugins::office {

/// Whether two names are one, as compound files take them: ASCII letters of either case.
bool same_name(std::string_view a, std::string_view b);

/// A compound file (MS-CFB): storages and streams in one file. Nothing in it is believed: chains are
/// followed no further than the file has sectors, and all that is read together is bounded by a
/// small multiple of the file's size. The bytes must outlive it. One thread.
class CompoundFile {
 public:
  enum class Kind : std::uint8_t { storage, stream };
  static constexpr std::size_t kNone = ~std::size_t{0};

  struct Entry {
    std::string name;            // UTF-8, as stored: may hold control characters
    std::string path;            // names from the root's children down, joined by "/"
    std::size_t parent = kNone;  // index in entries(); kNone: directly below the root
    Kind kind = Kind::stream;
    std::size_t end = 0;  // behind the last entry below it; they follow it without a gap
    bool orphan = false;  // in the directory, but not in the tree; its path is its name
    std::array<std::uint8_t, 16> clsid{};  // of storages
    std::uint32_t first = 0;
    std::uint64_t size = 0;  // as declared
  };
  /// What a stream holds: a part of the file where it lies there in one piece.
  struct Content {
    Bytes bytes;
    std::string problem;  // why it is shorter than declared; empty when it is whole
    std::vector<std::uint8_t> joined = {};  // what `bytes` shows where it lies in pieces

    Content() = default;
    Content(Content&&) = default;
    Content& operator=(Content&&) = default;
  };

  static bool is_one(Bytes content);
  /// Nothing when the content has not the signature, or no directory can be read.
  static std::optional<CompoundFile> open(Bytes content);

  /// Depth first in the order of the tree; then the orphans.
  const std::vector<Entry>& entries() const { return entries_; }
  const std::array<std::uint8_t, 16>& root_clsid() const { return root_clsid_; }
  /// What is wrong with the file as a whole; the rest could be read all the same.
  const std::vector<std::string>& problems() const { return problems_; }

  struct Range {
    std::size_t begin, end;
  };
  /// Entries that lie anywhere below a storage; kNone: all.
  Range below(std::size_t parent) const {
    return parent == kNone ? Range{0, entries_.size()} : Range{parent + 1, entries_[parent].end};
  }
  /// By same_name() directly below `parent`. The first one; kNone when there is none.
  std::size_t find(std::string_view name, std::size_t parent = kNone) const;
  Content read(std::size_t entry);
  /// The bytes of what is below `parent` under that name; empty when there is none.
  std::vector<std::uint8_t> read(std::string_view name, std::size_t parent = kNone);

 private:
  explicit CompoundFile(Bytes content) : content_(content) {}

  bool load();
  void load_fat();
  bool load_directory();
  Bytes sector(std::uint32_t number) const;
  /// The bytes of a chain: `most` of them, or up to its end.
  Content follow(std::uint32_t first, std::uint64_t most) const;
  Content follow_mini(std::uint32_t first, std::uint64_t most);
  std::string charge(std::uint64_t size);

  Bytes content_;
  std::size_t sector_size_ = 512;
  std::uint32_t sectors_ = 0;  // that begin in the file
  std::vector<std::uint32_t> fat_;
  std::optional<std::vector<std::uint32_t>> mini_fat_;
  Content mini_stream_;
  std::uint32_t root_first_ = 0;
  std::uint64_t root_size_ = 0, budget_ = 0;
  std::array<std::uint8_t, 16> root_clsid_{};
  std::vector<Entry> entries_;
  std::vector<std::string> problems_;
};

/// "{00020906-0000-0000-C000-000000000046}"; "" for all zeros.
std::string clsid_text(const std::array<std::uint8_t, 16>& clsid);

}  // namespace stoq::plugins::office
