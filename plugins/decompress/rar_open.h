// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace stoq::plugins::decompress {

/// A RAR archive in which what was encrypted is plain, and its headers say so: libarchive reads RAR
/// and decrypts none.
struct OpenedRar {
  std::vector<std::uint8_t> archive;
  std::vector<bool> locked;  // by file, in order: whether its content was encrypted
};

/// Whether it has encrypted headers or files that a password may open, and is not too large to be
/// opened in memory.
bool rar4_has_lock(std::span<const std::uint8_t> archive);
bool rar5_has_lock(std::span<const std::uint8_t> archive);

/// Nothing: the password does not fit. RAR 5 tells; RAR 4 tells of headers alone, so that contents
/// have to be unpacked and compared with their checksums. `first_only` ends behind the first file
/// that was opened, to try that. One pass. Files of other passwords stay as they are.
std::optional<OpenedRar> open_rar4(std::span<const std::uint8_t> archive,
                                   const std::string& password, bool first_only);
std::optional<OpenedRar> open_rar5(std::span<const std::uint8_t> archive,
                                   const std::string& password);

}  // namespace stoq::plugins::decompress
