// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "carving/bytes.h"

namespace stoq::plugins::swfcarve {

inline constexpr std::size_t kHead = 8;  // signature, version, length
inline constexpr unsigned kMaxVersion = 50;

/// What stands at the start of a Flash file.
struct SwfHead {
  char compression;  // 'F' none, 'C' zlib, 'Z' LZMA
  std::uint8_t version;
  std::uint32_t length;  // of the file once it is decompressed, these 8 bytes included
};

/// The next place at or behind `from` where a head makes sense; nothing is said of the body.
std::optional<std::size_t> next_head(carving::Bytes content, std::size_t from);
SwfHead head_at(carving::Bytes content, std::size_t at);

/// Whether `body`, the part behind the head or as much of it as there is, begins as a movie does:
/// a frame, a rate, and tags of known kinds up to End, or at least `least` of them where the body
/// breaks off before. Looks at 64 tags and no more.
bool is_movie(carving::Bytes body, std::size_t least);

}  // namespace stoq::plugins::swfcarve
