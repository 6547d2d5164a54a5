// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "bench/random.h"

namespace stoq::bench {

enum class Kind : uint8_t { elf, gz, zip, png, html, py };

// A valid, small file of that kind, by code alone.
std::string made_file(Kind kind, Random& random);

// Bytes that compress like files do: text, skewed bytes and noise in turns.
std::string made_bytes(Random& random, size_t size);

inline constexpr unsigned kZipMembers = 900;
// A zip of 900 members and 200 MB, the same everywhere; made below `cache` unless it is there.
std::filesystem::path make_zip(const std::filesystem::path& cache);

}  // namespace stoq::bench
