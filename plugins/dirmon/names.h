// SPDX-License-Identifier: Apache-2.0
//
// Paths and names: as messages show them, as results tell them, and which are to be ignored.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stoq::plugins::dirmon {

// A path as messages show it: its text, with control characters written out.
std::string shown(std::string_view path);

// An absolute path without ".", ".." and a "/" at its end; relative ones begin at the working
// directory.
std::string absolute(const std::string& path);

// Whether a directory, made already or not, is another one, or with `below` lies below it. Links
// are followed.
bool lies_in(const std::string& path, const std::string& directory, bool below);

// "" + "name" is "name".
std::string join(std::string_view directory, std::string_view name);

// {"extra_data": {"filename", "source_dir"}}, with filename_hex and source_dir_hex beside a name
// that is not UTF-8.
std::string payload_meta(std::string_view directory, std::string_view name);

// Shell patterns of which * and ? are special; they match whole names.
class Patterns {
 public:
  Patterns() = default;
  explicit Patterns(std::vector<std::string> patterns) : patterns_(std::move(patterns)) {}
  bool match(std::string_view name) const;

 private:
  std::vector<std::string> patterns_;
};

}  // namespace stoq::plugins::dirmon
