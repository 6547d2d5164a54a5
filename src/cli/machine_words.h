// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace stoq::cli {

// What a number in the header of a program means, by ExifTool's name for it; empty where it is not
// known. PE has names of its own, ELF shares them with other formats.
std::string_view word_for(std::string_view key, int64_t number, bool elf);

}  // namespace stoq::cli
