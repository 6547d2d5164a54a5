// SPDX-License-Identifier: Apache-2.0
#pragma once
// Compiled rules, made from files of which some may be broken.
//
// A RuleSet never changes after load() and may be shared by any number of threads, and by processes
// forked after it was loaded; each thread scans with a Scanner of its own (scan.h).

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "compiler.h"

namespace stoq::plugins::yara {

inline constexpr std::size_t kMaxRuleFiles = 1000;
inline constexpr int kMaxIncludeDepth = 16;

struct LoadOptions {
  Externals externals;
  std::size_t max_files = kMaxRuleFiles;
  bool includes = true;
  // Whether an include may lead out of the folder of the file (or the folder) that was asked for.
  bool includes_anywhere = false;
  // Rules that import a module are slow on every content: "pe" costs a quarter of a millisecond per
  // scan. If true, a file whose only modules are pe, dotnet, elf, macho or dex is scanned for only
  // where the content begins like such a file. This is a choice of the user because it changes what
  // matches: a rule like `$text or pe.is_dll()` no longer matches outside of a PE. Files with a
  // rule that matches plain text or nothing at all are always scanned for, and nothing is left out
  // where rules refer to other files or are global.
  bool gate_modules = false;
};

struct LoadResult;

// Gives the last good text of a rule file, by its canonical path.
using LastGood = std::function<std::optional<std::string>(const std::string& path)>;

class RuleSet {
 public:
  // Each path is a rule file or a folder of *.yar and *.yara files (sorted, not its subfolders).
  // `include "x"` in a file makes x a file of the set, placed before it; x is looked up beside the
  // including file. All rules share the namespace "default" and may refer to each other across
  // files. A file that does not compile is left out, or, if `last_good` has another text of it, or of
  // the files that it includes, that fits, goes on with that one; either way it is a problem, one
  // line, "<file>:<line>: <what>". One file at least must compile as it is.
  // Order of matches: the order of rules in the files, in the order of the files; a file that
  // refers to rules of a later one comes last.
  static LoadResult load(const std::vector<std::filesystem::path>& paths,
                         const LoadOptions& options, const LastGood& last_good = nullptr);

  std::size_t rule_count() const;
  // Names of the files in force, in order.
  const std::vector<std::string>& files() const { return files_; }

 private:
  friend class Scanner;
  friend class Loader;

  enum class Gate : std::uint8_t { none, pe, elf, macho, dex };
  struct Group {
    Gate gate = Gate::none;
    RulesPtr rules;
    std::vector<std::uint32_t> places;  // of its rules among all; empty: as they come
  };
  static Gate gate_of_module(const std::string& module);
  static bool opens(Gate gate, const std::uint8_t* content, std::size_t size);

  Library library_;  // outlives the rules
  std::vector<Group> groups_;
  std::vector<std::string> files_;
};

struct LoadResult {
  std::shared_ptr<const RuleSet> rules;      // null if a path does not exist or no file compiles
  std::vector<std::string> problems;         // never empty when `rules` is null
  std::map<std::string, std::string> texts;  // in force, by canonical path
};

}  // namespace stoq::plugins::yara
