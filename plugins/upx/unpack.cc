// SPDX-License-Identifier: Apache-2.0
#include "nrv.h"
#include "packed.h"

namespace stoq::plugins::upx {

std::string name_of(std::uint8_t method) {
  if (method == static_cast<std::uint8_t>(Method::lzma)) return "lzma";
  constexpr const char* kFamilies[] = {"nrv2b", "nrv2d", "nrv2e"};
  return method >= 2 && method <= 10 ? kFamilies[(method - 2) / 3]
                                     : "method " + std::to_string(method);
}

std::optional<Unpacked> unpack(carving::Bytes content, std::size_t most, std::string& why) {
  return carving::has(content, 0, "MZ") ? unpack_pe(content, most, why)
                                        : unpack_elf(content, most, why);
}

}  // namespace stoq::plugins::upx
