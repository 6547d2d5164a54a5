// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace stoq::plugins::exif {

// The result that ExifTool's answer holds for a payload of `size` bytes; nothing where it holds
// none. JSON where the answer is.
std::optional<std::string> result_of(std::string_view answer, size_t size);

}  // namespace stoq::plugins::exif
