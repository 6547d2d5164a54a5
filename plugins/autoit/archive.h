// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "carving/bytes.h"
#include "cipher.h"

namespace stoq::plugins::autoit {

/// The script, a file that it installs, or a setting of its compiler.
struct Entry {
  enum class Type : std::uint8_t { script, file, setting };

  std::string name;  // as a FileInstall line says, or what marks the script
  std::string path;  // of the file that was compiled
  Type type = Type::file;
  carving::Bytes stored;       // encrypted: the part that is there
  std::uint32_t checksum = 0;  // Adler-32 of what is stored, once decrypted
  bool compressed = false;
  bool cut = false;  // the payload ends before it
};

/// What Aut2Exe puts behind its interpreter, into its resources, or into an .a3x file.
struct Archive {
  std::string version;  // "EA05", "EA06", or one that is not read
  Version format = Version::ea06;
  bool supported = false;
  std::size_t at = 0;     // of its signature in the payload
  std::uint32_t key = 0;  // of what entries hold
  std::vector<Entry> entries;
  std::vector<std::string> problems;
};

/// All of them, at most 1000 with 100,000 entries between them. Behind damage it goes on with the
/// next entry that is whole. Linear. [thread-safe]
std::vector<Archive> read_archives(carving::Bytes content);

}  // namespace stoq::plugins::autoit
