// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stoq::plugins::last_resort {

/// A file that clamscan has unpacked.
struct Piece {
  std::string place;  // relative to the directory of temporary files; has no `.` or `..` in it
  std::string name;   // UTF-8; empty where the format has none
};

/// What clamscan notes of a payload (metadata.json).
struct Record {
  bool sound = false;
  std::string packer;               // "Aspack", "MEW" …; empty: none was told
  std::vector<Piece> pieces;        // of the payload's own layer
  std::uint64_t more = 0;           // pieces beyond kMostPieces
  std::vector<std::string> limits;  // that clamscan has run into on this layer: "MaxFileSize"
};

inline constexpr std::size_t kMostPieces = 10'000;

/// `directory`: that of temporary files, as clamscan was told. A piece that is not below it is left
/// out. What others unpack as well, such as archives appended to a program, does not count. Linear.
Record parse_record(std::string_view json, std::string_view directory);

/// The lines of clamscan's error output, as UTF-8 and without what they begin with; the first
/// kMostComplaints.
std::vector<std::string> parse_complaints(std::string_view errors);

inline constexpr std::size_t kMostComplaints = 10;

}  // namespace stoq::plugins::last_resort
