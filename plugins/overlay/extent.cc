// SPDX-License-Identifier: Apache-2.0
#include "extent.h"

#include <algorithm>

#include "carving/pe.h"

namespace stoq::plugins::overlay {
namespace {

using namespace std::string_view_literals;
using carving::be16;
using carving::be32;
using carving::Bytes;
using carving::has;
using carving::le16;
using carving::le32;
using carving::little;
using carving::u8;

Extent whole(Bytes b, std::string_view format, std::uint64_t end) {
  const bool fits = end <= b.size();
  return {format, fits ? static_cast<std::size_t>(end) : b.size(), fits};
}
Extent cut(Bytes b, std::string_view format) {
  return {format, b.size(), false};
}

bool is_letter(std::uint8_t c) {
  return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

Extent png(Bytes b) {
  for (std::uint64_t at = 8; at + 12 <= b.size();) {
    for (unsigned i = 4; i < 8; ++i)
      if (!is_letter(u8(b, at + i))) return cut(b, "png"sv);
    const std::uint64_t end = at + 12 + be32(b, at);
    if (has(b, at + 4, "IEND"sv)) return whole(b, "png"sv, end);
    at = end;
  }
  return cut(b, "png"sv);
}

Extent jpeg(Bytes b) {
  std::size_t at = 2;
  while (at + 2 <= b.size()) {
    if (b[at] != 0xFF) return cut(b, "jpeg"sv);
    const std::uint8_t marker = b[at + 1];
    if (marker == 0xFF) {  // fill
      ++at;
      continue;
    }
    at += 2;
    if (marker == 0xD9) return whole(b, "jpeg"sv, at);
    if (marker == 1 || (marker >= 0xD0 && marker <= 0xD7)) continue;
    const std::size_t size = be16(b, at);
    if (size < 2 || size > b.size() - at) return cut(b, "jpeg"sv);
    at += size;
    if (marker != 0xDA) continue;
    // What follows a scan's head is coded: FF stands before 0 or a restart there.
    while (at + 1 < b.size()) {
      const void* hit = std::memchr(b.data() + at, 0xFF, b.size() - 1 - at);
      if (!hit) return cut(b, "jpeg"sv);
      at = static_cast<std::size_t>(static_cast<const std::uint8_t*>(hit) - b.data());
      const std::uint8_t next = b[at + 1];
      if (next != 0 && (next < 0xD0 || next > 0xD7)) break;
      at += 2;
    }
  }
  return cut(b, "jpeg"sv);
}

// Behind the sub-blocks that begin at `at`.
std::size_t behind_blocks(Bytes b, std::size_t at) {
  while (at < b.size() && b[at] != 0) at += std::size_t{1} + b[at];
  return at + 1;
}

Extent gif(Bytes b) {
  const auto colors = [](std::uint8_t flags) {
    return (flags & 0x80) != 0 ? std::size_t{3} << ((flags & 7) + 1) : std::size_t{0};
  };
  std::size_t at = 13 + colors(u8(b, 10));
  while (at < b.size()) {
    switch (b[at]) {
      case 0x3B:
        return whole(b, "gif"sv, at + 1);
      case 0x2C:
        at = behind_blocks(b, at + 11 + colors(u8(b, at + 9)));
        break;
      case 0x21:
        at = behind_blocks(b, at + 2);
        break;
      default:
        return cut(b, "gif"sv);
    }
  }
  return cut(b, "gif"sv);
}

Extent bmp(Bytes b) {
  const std::uint64_t told = le32(b, 2), pixels = le32(b, 10), header = le32(b, 14);
  const bool old = header == 12;
  const std::uint64_t width = old ? le16(b, 18) : le32(b, 18);
  const std::int64_t tall = old ? le16(b, 20) : static_cast<std::int32_t>(le32(b, 22));
  const auto height = static_cast<std::uint64_t>(tall < 0 ? -tall : tall);
  const std::uint64_t bits = le16(b, old ? 24 : 28), packing = old ? 0 : le32(b, 30);
  const bool by_rows = packing == 0 || packing == 3 || packing == 6;
  const std::uint64_t row = (width * bits + 31) / 32 * 4;  // below 2^46
  const std::uint64_t size = by_rows ? row * std::min<std::uint64_t>(height, 1 << 17) : le32(b, 34);
  return whole(b, "bmp"sv, std::max(told, pixels + size));
}

bool is_bmp(Bytes b) {
  const std::uint64_t header = le32(b, 14);
  const bool known = header == 12 || header == 40 || header == 52 || header == 56 || header == 64 ||
                     header == 108 || header == 124;
  return has(b, 0, "BM"sv) && known && le32(b, 6) == 0 && le32(b, 10) >= 14 + header &&
         le16(b, header == 12 ? 22 : 26) == 1;
}

Extent elf(Bytes b) {
  const bool wide = u8(b, 4) == 2, high = u8(b, 5) == 2;
  const auto number = [&](std::uint64_t at, unsigned count) {
    return high ? carving::big(b, at, count) : little(b, at, count);
  };
  const unsigned word = wide ? 8 : 4;
  std::uint64_t end = wide ? 64 : 52;
  const auto reach = [&](std::uint64_t at, std::uint64_t size) {
    end = std::max(end, size <= UINT64_MAX - at ? at + size : UINT64_MAX);
  };
  const std::uint64_t programs = number(wide ? 32 : 28, word),
                      sections = number(wide ? 40 : 32, word);
  const std::uint64_t sizes = wide ? 54 : 42;
  const std::uint64_t program_size = number(sizes, 2), program_count = number(sizes + 2, 2);
  const std::uint64_t section_size = number(sizes + 4, 2), section_count = number(sizes + 6, 2);
  if (programs < b.size())
    for (std::uint64_t i = 0; i < program_count; ++i) {
      const std::uint64_t at = programs + i * program_size;
      reach(number(at + (wide ? 8 : 4), word), number(at + (wide ? 32 : 16), word));
    }
  if (sections > 0 && sections < b.size())
    for (std::uint64_t i = 0; i < section_count; ++i) {
      const std::uint64_t at = sections + i * section_size;
      if (number(at + 4, 4) != 8)  // a section without content
        reach(number(at + (wide ? 24 : 16), word), number(at + (wide ? 32 : 20), word));
    }
  if (programs > 0) reach(programs, program_count * program_size);
  if (sections > 0) reach(sections, section_count * section_size);
  return whole(b, "elf"sv, end);
}

bool is_elf(Bytes b) {
  return has(b, 0,
             "\x7F"
             "ELF"sv) &&
         b.size() >= 52 && u8(b, 4) >= 1 && u8(b, 4) <= 2 && u8(b, 5) >= 1 && u8(b, 5) <= 2;
}

}  // namespace

std::optional<Extent> extent_of(Bytes b) {
  if (has(b, 0, "\x89PNG\r\n\x1A\n"sv)) return png(b);
  if (has(b, 0, "\xFF\xD8\xFF"sv)) return jpeg(b);
  if (has(b, 0, "GIF87a"sv) || has(b, 0, "GIF89a"sv)) return gif(b);
  if (is_bmp(b)) return bmp(b);
  if (has(b, 0, "RIFF"sv) && b.size() >= 12) {
    const std::uint64_t size = le32(b, 4);
    return whole(b, "riff"sv, 8 + size + size % 2);
  }
  if (is_elf(b)) return elf(b);
  if (const auto pe = carving::read_pe(b); pe && has(b, 0, "MZ"sv)) {
    Extent extent = whole(b, "pe"sv, pe->size);
    extent.signature_at = static_cast<std::size_t>(pe->certificate_at);
    extent.signature_size = static_cast<std::size_t>(pe->certificate_size);
    return extent;
  }
  return std::nullopt;
}

}  // namespace stoq::plugins::overlay
