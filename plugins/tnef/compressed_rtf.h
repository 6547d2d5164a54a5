// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace stoq::plugins::tnef {

struct Rtf {
  std::string text;
  bool complete = true;  // its end mark was there
};

/// RTF as Outlook stores it (LZFu, or stored as it is). Nothing where the header is none. Linear;
/// the result is at most nine times as long.
std::optional<Rtf> from_compressed_rtf(std::string_view bytes);

}  // namespace stoq::plugins::tnef
