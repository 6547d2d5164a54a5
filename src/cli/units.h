// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace stoq::cli {

std::string human_bytes(uint64_t bytes);    // "512 B", "1.5 KiB", "12 MiB"
std::string human_seconds(double seconds);  // of a piece of work: "0.12 ms", "15 ms", "1.5 s"
std::string clock_time(double seconds);     // of a run: "0:07", "1:02:03"

}  // namespace stoq::cli
