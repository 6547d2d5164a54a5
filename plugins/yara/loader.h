// SPDX-License-Identifier: Apache-2.0
#pragma once
// From paths to a RuleSet: reads and tries each file alone, then fits the good ones together.

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "rules.h"
#include "source.h"

namespace stoq::plugins::yara {

class Loader {
 public:
  Loader(const LoadOptions& options, const LastGood& last_good)
      : options_(options), last_good_(last_good) {}

  LoadResult load(const std::vector<std::filesystem::path>& paths);

 private:
  struct Unit {
    std::string name;  // as shown in problems
    std::string key;   // canonical path
    std::string text;
    Examined seen;
    std::vector<Declared> declared;
    bool moved_back = false;  // it was tried once and put behind all others
    bool is_previous = false;
    bool blamed = false;                // its problem is told
    std::vector<std::string> includes;  // keys of the files that it includes
    std::filesystem::path root;         // where these must stay
  };
  using Units = std::vector<Unit>;

  void add_root(const std::filesystem::path& path);
  void add_file(const std::filesystem::path& path, const std::string& blame);
  void follow_includes(const std::filesystem::path& file, Unit& unit);
  void follow_include(const std::filesystem::path& file, Unit& unit, const std::string& where,
                      const std::string& name);

  bool set_text(Unit& unit, std::string text) const;
  bool fall_back(Unit& unit) const;
  bool fall_back_linked(std::size_t place);
  bool fall_back_below(const Unit& unit);
  void reject(std::size_t place, std::string problem);
  std::string duplicate(const Unit& unit, const std::string& rule, const Unit& owner) const;
  const Unit* other_owner(const Unit& unit, const std::string& rule) const;
  bool may_resolve(const Unit& unit, const std::string& name) const;

  bool prune();
  RulesPtr compile(const std::vector<const Unit*>& units, const Unit** failed,
                   Diagnostic* why) const;
  RulesPtr link();
  bool split_by_module(RuleSet& set) const;

  const LoadOptions& options_;
  const LastGood& last_good_;
  Library library_;
  std::filesystem::path root_;               // where includes must stay
  std::set<std::string> visited_;            // canonical paths
  std::vector<std::filesystem::path> open_;  // the chain of includes being followed, canonical
  Units units_;
  std::vector<std::string> problems_;
};

}  // namespace stoq::plugins::yara
