// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace stoq {

struct SpoolSettings {
  std::string dir;  // empty: there is no spool
  uint64_t files = 100'000;
  uint64_t bytes = uint64_t{4} << 30;
  bool durable = false;  // on the disk before a put returns
};

}  // namespace stoq
