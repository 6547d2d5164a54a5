// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace stoq::plugins::decompress {

enum class Container : std::uint8_t {
  none,
  // archives
  zip,
  sevenzip,
  rar,
  rar5,
  tar,
  cpio,
  ar,
  cab,
  iso9660,
  lha,
  xar,
  warc,
  rpm,
  szdd,
  kwaj,
  // one compressed file (which may hold a tar or cpio)
  gzip,
  bzip2,
  xz,
  lzma,
  zstd,
  lz4,
  compress,
  lzip,
  uu,
};

/// Our stable short name: "zip", "7zip", "rar5", "gzip", ... ("" for none).
std::string_view name_of(Container container);
bool is_filter(Container container);

/// What `sniff` found. [begin, end) is the part to read: less than the whole for an archive inside
/// an executable, or for a zip with bytes after its end record.
struct Sniffed {
  Container container = Container::none;
  bool weak = false;  // a magic so short that only decoding proves it
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t zip_prefix =
      0;  // bytes in [begin, ...) before a zip's first member, by its central directory
  std::string_view unsupported{};  // recognised, not readable here: "arj", "ace", "wim", ...
};

/// Tells the container by content alone. Cheap: looks at the start, the last 64 KiB, and through
/// the whole only for executables. Thread-safe; never fails.
Sniffed sniff(std::span<const std::uint8_t> content);

/// tar, cpio or none: for the first bytes of what a compressed file holds.
Container sniff_inside(std::span<const std::uint8_t> head);

}  // namespace stoq::plugins::decompress
