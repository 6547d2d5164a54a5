// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace stoq::config {

/// Something wrong in a file. Line 0 stands for the file as a whole.
struct Problem {
  std::string file;
  unsigned line = 0;
  std::string text;

  /// `stoq.cfg:12: option 'x' appears twice in section [core] (first at line 7); remove one`
  std::string message() const;
};

struct Entry {
  std::string value;
  unsigned line = 0;
};

/// Option name (lower case) to its value.
using Options = std::map<std::string, Entry, std::less<>>;

/// Whether something has this name, be it a link that leads nowhere or a file that must not be looked
/// at: reading it says what is wrong.
bool is_there(const std::string& path);

/// An INI file, read as Python 3.11's `ConfigParser(interpolation=None)` reads it, with `%%` in
/// values as `%`. What Python refuses is a Problem; so are bytes that are not UTF-8 and files
/// beyond kMaxBytes or kMaxLines. A byte order mark is allowed. If anything was added to
/// `problems`, the Ini holds what could be read. A plain value: copy and share it like a string.
class Ini {
 public:
  static constexpr size_t kMaxBytes = 1 << 20;
  static constexpr unsigned kMaxLines = 50'000;
  static constexpr size_t kMaxProblems = 20;  // of one file; reading stops there

  static Ini parse(std::string_view text, std::string file_name, std::vector<Problem>& problems);
  static Ini read(const std::string& path, std::vector<Problem>& problems);

  const std::string& file() const { return file_; }

  /// In order of appearance, without [DEFAULT].
  const std::vector<std::string>& sections() const { return order_; }
  bool has_section(std::string_view section) const {
    return sections_.find(section) != sections_.end();
  }

  /// The option of that section or else of [DEFAULT]; nullptr if neither has it or the section is
  /// missing. `option` is in lower case. Valid as long as the Ini.
  const Entry* get(std::string_view section, std::string_view option) const;

  /// What stands in the section itself; "DEFAULT" is a section here.
  const Options& own_options(std::string_view section) const;

 private:
  class Reader;

  std::string file_;
  std::vector<std::string> order_;
  std::map<std::string, Options, std::less<>> sections_;
  Options defaults_;
};

}  // namespace stoq::config
