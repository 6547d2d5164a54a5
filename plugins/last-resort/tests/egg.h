// SPDX-License-Identifier: Apache-2.0
//
// For tests and benchmarks.
#pragma once

#include <zlib.h>

#include <string>
#include <utility>
#include <vector>

#include "plugins/carving/tests/samples.h"

namespace stoq::test {

// An EGG archive, each member stored.
inline std::string egg(const std::vector<std::pair<std::string, std::string>>& members) {
  const std::string end = little(0x08E28222, 4);
  std::string out = "EGGA" + little(0x100, 2) + little(1, 4) + little(0, 4) + end;
  std::uint64_t number = 0;
  for (const auto& [name, content] : members) {
    const uLong crc =
        crc32_z(0, reinterpret_cast<const Bytef*>(content.data()), content.size());
    out += little(0x0A8590E3, 4) + little(number++, 4) + little(content.size(), 8);
    out += little(0x0A8591AC, 4) + '\0' + little(name.size(), 2) + name + end;
    out += little(0x02B50C13, 4) + std::string(2, '\0') + little(content.size(), 4) +
           little(content.size(), 4) + little(crc, 4) + end + content;
  }
  return out + end;
}

}  // namespace stoq::test
