// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "output.h"

namespace stoq::plugins::decompress {

/// The two compressions that KWAJ alone has. Both write until the output is full, the input ends or
/// makes no sense; false: the output wants no more. Linear in what comes out.

/// LZSS whose lengths, offsets and literals are in Huffman codes.
bool expand_lzh(std::span<const std::uint8_t> in, Output& out);
/// Blocks of deflate, each behind its length and "CK", with the 32 KiB before it for a dictionary.
bool expand_mszip(std::span<const std::uint8_t> in, Output& out);

}  // namespace stoq::plugins::decompress
