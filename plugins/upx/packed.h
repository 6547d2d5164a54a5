// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "carving/bytes.h"

namespace stoq::plugins::upx {

inline constexpr std::string_view kMagic = "UPX!";
inline constexpr std::string_view kTooLarge = "UPX, larger than max_size";

/// What lay in an executable that UPX packed.
struct Unpacked {
  std::string_view format;  // "elf", "pe"
  std::string method;       // "nrv2e", "lzma" …; of several the first
  unsigned version = 0;     // of the packer's own format
  std::string content;      // the executable as it was, as far as it could be read
  std::string problem;      // "" or what is missing in it
};

/// Looks for UPX's own headers. None: there is none, or it is of a format that is not read here;
/// then `why` says which. Linear in the content and what comes out, which is at most `most` bytes.
std::optional<Unpacked> unpack(carving::Bytes content, std::size_t most, std::string& why);

/// The parts of unpack().
std::optional<Unpacked> unpack_elf(carving::Bytes content, std::size_t most, std::string& why);
std::optional<Unpacked> unpack_pe(carving::Bytes content, std::size_t most, std::string& why);

std::string name_of(std::uint8_t method);

}  // namespace stoq::plugins::upx
