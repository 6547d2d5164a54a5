// SPDX-License-Identifier: Apache-2.0
//
// The options that each shipped plugin declares, against its README and its .stoq: neither may say
// anything else.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <sstream>

#include "config/ini.h"
#include "stoq/abi/plugin.h"
#include "tests/support/temporary_directory.h"

namespace stoq::test {
namespace {

namespace fs = std::filesystem;

using Defaults = std::map<std::string, std::string>;  // "" for none

Defaults declared(const fs::path& module) {
  Defaults all;
  void* handle = dlopen(module.c_str(), RTLD_NOW | RTLD_LOCAL);
  EXPECT_TRUE(handle) << dlerror();
  if (!handle) return all;
  const auto* entry = static_cast<const stoq_plugin_entry*>(dlsym(handle, STOQ_ENTRY_SYMBOL));
  EXPECT_TRUE(entry) << module;
  if (entry && entry->options)
    for (const stoq_option* const* option = entry->options; *option; ++option)
      all[(*option)->name] = (*option)->default_text ? (*option)->default_text : "";
  return all;
}

// Rows of the table whose head begins with "| option |".
Defaults in_readme(const std::string& text) {
  Defaults all;
  std::istringstream lines(text);
  size_t column = 0;  // of the default
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| ")) {
      if (!line.starts_with("|")) column = 0;
      continue;
    }
    std::vector<std::string> cells;
    for (size_t at = 2; at < line.size();) {
      const size_t end = std::min(line.find('|', at), line.size());
      std::string cell = line.substr(at, end - at);
      cell.erase(cell.find_last_not_of(' ') + 1);
      cells.push_back(cell);
      at = end + 2;
    }
    if (cells[0] == "option") {
      for (size_t i = 0; i < cells.size(); ++i)
        if (cells[i] == "default") column = i;
    } else if (column > 0 && cells[0] != "none" && cells.size() > column) {
      const auto plain = [](std::string cell) {
        std::erase(cell, '`');
        return cell == "none" ? "" : cell;
      };
      all[plain(cells[0])] = plain(cells[column]);
    }
  }
  return all;
}

TEST(PluginOptions, ReadmeAndManifestSayWhatIsDeclared) {
  unsigned plugins = 0;
  for (const auto& folder : fs::directory_iterator(STOQ_PLUGINS)) {
    const std::string name = folder.path().filename();
    const fs::path source = fs::path(STOQ_SOURCE_DIR) / "plugins" / name;
    const fs::path module = folder.path() / (name + ".so");
    if (!fs::exists(source) || !fs::exists(module)) continue;
    ++plugins;
    const Defaults options = declared(module);
    EXPECT_EQ(in_readme(read_all(source / "README.md")), options)
        << "plugins/" << name << "/README.md";
    std::vector<config::Problem> problems;
    const auto manifest = config::Ini::read(folder.path() / (name + ".stoq"), problems);
    EXPECT_TRUE(problems.empty());
    for (const auto& [option, entry] : manifest.own_options("options")) {
      const auto at = options.find(option);
      ASSERT_NE(at, options.end()) << name << ".stoq sets '" << option << "', not declared";
      EXPECT_EQ(entry.value, at->second) << name << ".stoq, option " << option;
    }
  }
  EXPECT_GE(plugins, 6u);
}

}  // namespace
}  // namespace stoq::test
