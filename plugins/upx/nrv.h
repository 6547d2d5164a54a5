// SPDX-License-Identifier: Apache-2.0
//
// The compressions of UPX.
#pragma once

#include <cstdint>
#include <string>

#include "carving/bytes.h"

namespace stoq::plugins::upx {

/// How a block is compressed, by the number that UPX gives it.
enum class Method : std::uint8_t {
  nrv2b_le32 = 2,
  nrv2b_8,
  nrv2b_le16,
  nrv2d_le32,
  nrv2d_8,
  nrv2d_le16,
  nrv2e_le32,
  nrv2e_8,
  nrv2e_le16,
  lzma = 14,
};

/// Appends what `packed` holds to `out`, at most `size` bytes. True: exactly that much was there;
/// else what came before the damage is appended. Linear in `packed` and `size`.
bool expand(Method method, carving::Bytes packed, std::size_t size, std::string& out);

/// Whether expand() knows it.
bool known(std::uint8_t method);

}  // namespace stoq::plugins::upx
