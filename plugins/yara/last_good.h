// SPDX-License-Identifier: Apache-2.0
#pragma once
// The last good text of each rule file, kept in a folder that outlives the process.

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace stoq::plugins::yara {

class LastGoodFolder {
 public:
  // Empty: keeps nothing.
  explicit LastGoodFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::optional<std::string> find(const std::string& path) const;
  // By canonical path. Each text is replaced in one step, so that several processes may use the
  // folder at once. Returns what went wrong, or nothing.
  std::string keep(const std::map<std::string, std::string>& texts) const;

 private:
  std::filesystem::path file_of(const std::string& path) const;

  std::filesystem::path folder_;
};

}  // namespace stoq::plugins::yara
