// SPDX-License-Identifier: Apache-2.0
#include "decompress_source.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace stoq::plugins::vba {
namespace {

constexpr std::size_t kChunk = 4096, kMostSource = 64 << 20;

// One chunk: a flag byte tells of eight tokens which are literals and which copy what was before.
// False: a copy reaches in front of the chunk.
bool decompress_chunk(office::Bytes chunk, std::vector<std::uint8_t>& out) {
  constexpr std::size_t kStep = 8;  // copied at once; a copy may write so far beyond its end
  std::array<std::uint8_t, kChunk + kStep> text;
  std::size_t done = 0, at = 0;
  bool whole = true;
  while (whole && at < chunk.size()) {
    const unsigned flags = chunk[at++];
    if (flags == 0 && chunk.size() - at >= 8 && kChunk - done >= 8) {
      std::memcpy(&text[done], &chunk[at], 8);
      done += 8, at += 8;
      continue;
    }
    for (unsigned bit = 0; bit < 8 && at < chunk.size() && done < kChunk; ++bit) {
      if ((flags >> bit & 1) == 0) {
        text[done++] = chunk[at++];
        continue;
      }
      whole = chunk.size() - at >= 2;
      if (!whole) break;
      const unsigned token = chunk[at] | unsigned{chunk[at + 1]} << 8;
      at += 2;
      // the more text there is, the more bits the distance takes
      const unsigned width =
          std::max(4u, static_cast<unsigned>(std::bit_width(done > 0 ? done - 1 : 0)));
      const unsigned length_bits = 16 - std::min(width, 12u);
      const std::size_t length =
          std::min<std::size_t>((token & ((1u << length_bits) - 1)) + 3, kChunk - done);
      const std::size_t distance = (token >> length_bits) + 1u;
      whole = distance <= done;
      if (!whole) break;
      const std::size_t end = done + length;
      if (distance >= kStep)
        for (std::size_t to = done; to < end; to += kStep)
          std::memcpy(&text[to], &text[to - distance], kStep);
      else  // byte by byte: it reaches into what it makes
        for (std::size_t to = done; to < end; ++to) text[to] = text[to - distance];
      done = end;
    }
    if (done == kChunk) break;
  }
  out.insert(out.end(), text.begin(), text.begin() + static_cast<std::ptrdiff_t>(done));
  return whole;
}

}  // namespace

Source decompress_source(office::Bytes container) {
  Source source;
  office::Cursor in(container);
  if (in.u8() != 1) {
    source.problem = "does not begin as compressed source does";
    return source;
  }
  // Most of it is text, which shrinks to the half.
  source.bytes.reserve(std::min(container.size() * 2, kMostSource));
  while (in.left() >= 2 && source.bytes.size() < kMostSource) {
    const std::size_t at = in.at();
    const std::uint16_t header = in.u16();
    if ((header >> 12 & 7) != 3) {
      if (source.bytes.empty()) source.problem = "holds no chunk of compressed source";
      break;
    }
    const office::Bytes chunk = in.take((header & 0xFFF) + 1u);
    bool whole = in.ok();
    if ((header & 0x8000) != 0)
      whole = decompress_chunk(chunk, source.bytes) && whole;
    else
      source.bytes.insert(source.bytes.end(), chunk.begin(), chunk.end());
    if (!whole) {
      source.problem = "is damaged in the chunk at byte " + std::to_string(at);
      break;
    }
  }
  return source;
}

std::size_t find_source(office::Bytes stream) {
  // signature, header of the chunk, flags; then "Attribut" as literals, and "e " behind new flags
  constexpr std::string_view kBegins("\0Attribut", 9);
  const std::string_view text = office::view_of(stream);
  for (std::size_t at = text.find(kBegins); at != text.npos; at = text.find(kBegins, at + 1))
    if (at >= 3 && stream[at - 3] == 1 && (stream[at - 1] >> 4 & 7) == 3) return at - 3;
  return text.npos;
}

}  // namespace stoq::plugins::vba
