// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "archives/member.h"

namespace stoq::plugins::decompress {

/// What the header of a file compressed by Microsoft's COMPRESS says: SZDD, its QBasic kin, or
/// KWAJ.
struct MsCompressed {
  enum class Method : std::uint8_t { stored, inverted, lzss, lzh, mszip };
  Method method = Method::lzss;
  std::size_t begin = 0;              // of the data
  std::optional<std::uint64_t> size;  // of the file, where the header tells it
  std::size_t window_start = 0;       // of the LZSS window
  std::string name;                   // KWAJ, else empty
  char last_letter = '\0';            // SZDD: what the `_` at the end of the name stands for
};

/// Nothing: it is no such file, or one with another method.
std::optional<MsCompressed> ms_compressed(std::span<const std::uint8_t> content);

/// Expands it into `sink` as the one member of `report`. Linear in what comes out; the size in the
/// header ends it, else the end of the content.
void expand(std::span<const std::uint8_t> content, const MsCompressed& file,
            const std::string& suggested_name, const archives::Options& options,
            archives::Sink& sink, archives::Report& report);

}  // namespace stoq::plugins::decompress
