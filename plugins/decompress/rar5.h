// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace stoq::plugins::decompress {

/// For each file of a RAR 5 archive, in order, whether its content is encrypted: libarchive does
/// not tell, and would give the ciphertext for the content. Ends where the headers do, or where
/// they stop making sense.
std::vector<bool> rar5_locks(std::span<const std::uint8_t> content);

}  // namespace stoq::plugins::decompress
