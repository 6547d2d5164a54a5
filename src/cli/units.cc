// SPDX-License-Identifier: Apache-2.0
#include "cli/units.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

namespace stoq::cli {

std::string human_bytes(uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  static constexpr std::string_view kUnits = "KMGTPE";
  double value = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  for (; value >= 1023.5 && unit + 1 < kUnits.size(); ++unit) value /= 1024;
  return value < 9.95 ? fmt::format("{:.1f} {}iB", value, kUnits[unit])
                      : fmt::format("{:.0f} {}iB", value, kUnits[unit]);
}

std::string human_seconds(double seconds) {
  if (seconds < 0.000995) return fmt::format("{:.2f} ms", std::max(0.0, seconds) * 1000);
  if (seconds < 0.00995) return fmt::format("{:.1f} ms", seconds * 1000);
  if (seconds < 0.9995) return fmt::format("{:.0f} ms", seconds * 1000);
  return seconds < 9.95 ? fmt::format("{:.1f} s", seconds) : fmt::format("{:.0f} s", seconds);
}

std::string clock_time(double seconds) {
  const auto all = static_cast<uint64_t>(std::clamp(seconds, 0.0, 3.6e9));
  const uint64_t hours = all / 3600, minutes = all / 60 % 60;
  return hours > 0 ? fmt::format("{}:{:02}:{:02}", hours, minutes, all % 60)
                   : fmt::format("{}:{:02}", minutes, all % 60);
}

}  // namespace stoq::cli
