// SPDX-License-Identifier: Apache-2.0
//
// In how many runs a file was in work when the engine died. What was so twice is put alone, so that
// a third death is its doing; then it is not put any more.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "files/journal_file.h"

namespace stoq::plugins::files {

constexpr unsigned kSuspect = 2, kMostDeaths = 3;

// Why a file that had so many is not put again.
std::string_view deaths_reason();

class Deaths {
 public:
  // The word of a line that says: in work, and `deaths` runs died so should this be the last.
  static std::string_view word(unsigned deaths);
  static bool is_taken(std::string_view word);

  void read(const Line& line);  // each line of a journal, in their order
  unsigned of(const std::string& path, const Identity& id) const;
  void rename(const std::string& from, const std::string& to);
  void forget(const std::string& path) { files_.erase(path); }

 private:
  struct File {
    Identity id;
    unsigned deaths;
  };
  std::unordered_map<std::string, File> files_;
};

}  // namespace stoq::plugins::files
