// SPDX-License-Identifier: Apache-2.0
#pragma once
// For the tests: a folder of rule files that goes away with the test.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules.h"
#include "scan.h"

namespace stoq::plugins::yara {

class RuleFolder {
 public:
  RuleFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "stoq-yara-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = std::filesystem::canonical(name);
  }
  ~RuleFolder() { std::filesystem::remove_all(path_); }
  RuleFolder(const RuleFolder&) = delete;
  RuleFolder& operator=(const RuleFolder&) = delete;

  std::filesystem::path write(const std::string& name, std::string_view text) const {
    auto file = path_ / name;
    std::filesystem::create_directories(file.parent_path());
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }
  std::string at(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

inline std::span<const std::uint8_t> bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::shared_ptr<const RuleSet> rules_of(std::string_view text,
                                               const LoadOptions& options = {}) {
  RuleFolder folder;
  auto loaded = RuleSet::load({folder.write("rules.yar", text)}, options);
  EXPECT_EQ(loaded.problems, std::vector<std::string>());
  return loaded.rules;
}

inline std::vector<std::string> names(const ScanResult& result) {
  std::vector<std::string> out;
  for (const auto& match : result.matches) out.emplace_back(match.rule);
  return out;
}

// The rules that match, in order.
inline std::vector<std::string> matching(const std::shared_ptr<const RuleSet>& rules,
                                         std::string_view content) {
  Scanner scanner(rules);
  auto result = scanner.scan(bytes(content));
  EXPECT_EQ(result.error, "");
  return names(result);
}

using Texts = std::vector<std::string>;

}  // namespace stoq::plugins::yara
