// SPDX-License-Identifier: Apache-2.0
#pragma once
// Rule files as they lie on the disk.

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace stoq::plugins::yara {

inline constexpr std::size_t kMaxRuleFileBytes = std::size_t{16} << 20;

struct SourceText {
  std::string text;
  std::string error;  // why there is no text, without the file's name; empty when there is one
};

// Reads a regular file of at most 16 MiB; a UTF-8 byte order mark is left out.
SourceText read_source(const std::filesystem::path& path);

// `name` where the word `rule` or `import` stands before it: all that a text may define, and
// perhaps more (comments and strings are not told apart).
struct Declared {
  std::string name;
  int line = 0;
};
std::vector<Declared> declared_names(std::string_view text);

// The line of `include "name"`, 0 when it is not found.
int include_line(std::string_view text, std::string_view name);

// Whether the text may refer to rules by wildcard, as in `any of (apt_*)`.
bool may_use_rule_wildcard(std::string_view text);

// The number of the last line that is not empty.
int last_line(std::string_view text);

// Whether `path` lies in `folder`; both canonical.
bool lies_in(const std::filesystem::path& path, const std::filesystem::path& folder);

// The *.yar and *.yara files of a folder, sorted. Throws std::filesystem::filesystem_error.
std::vector<std::filesystem::path> rule_files_of(const std::filesystem::path& folder);

}  // namespace stoq::plugins::yara
