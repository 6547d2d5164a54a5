// SPDX-License-Identifier: Apache-2.0
#include "loader.h"

#include <algorithm>
#include <map>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace stoq::plugins::yara {
namespace {

namespace fs = std::filesystem;

std::string place(const std::string& file, int line) {
  return line > 0 ? file + ':' + std::to_string(line) : file;
}

int line_in(const std::vector<Declared>& declared, const std::string& name) {
  auto found = std::ranges::find(declared, name, &Declared::name);
  return found == declared.end() ? 0 : found->line;
}

// libyara gives no line for what is wrong at the end of the text.
std::string at_line(const std::string& file, const std::string& text, const Diagnostic& error) {
  return place(file, error.line > 0 ? error.line : last_line(text)) + ": " + error.message;
}

const Diagnostic& worst(const Examined& seen) {
  auto hard = std::ranges::find_if(seen.errors,
                                   [](const Diagnostic& e) { return undefined_name(e).empty(); });
  return hard == seen.errors.end() ? seen.errors.front() : *hard;
}

fs::path resolved(const fs::path& path) {
  std::error_code error;
  auto result = fs::weakly_canonical(path, error);
  return error ? fs::absolute(path).lexically_normal() : result;
}

}  // namespace

LoadResult Loader::load(const std::vector<fs::path>& paths) {
  for (const auto& path : paths) {
    std::error_code error;
    if (path.empty() || !fs::exists(path, error)) {
      problems_.push_back("Nonexistent yara rules file provided: " + path.string());
      return {nullptr, std::move(problems_), {}};
    }
  }
  try {
    for (const auto& path : paths) add_root(path);
    auto rules = link();
    if (units_.empty()) {
      if (problems_.empty()) problems_.push_back("no yara rule files were given");
      return {nullptr, std::move(problems_), {}};
    }
    // All of it would be old: that is nothing to go on with in silence, and whoever has it goes on.
    if (std::ranges::all_of(units_, &Unit::is_previous)) return {nullptr, std::move(problems_), {}};
    auto set = std::make_shared<RuleSet>();
    std::map<std::string, std::string> texts;
    if (!split_by_module(*set)) {
      set->groups_.clear();
      set->groups_.push_back({RuleSet::Gate::none, std::move(rules), {}});
    }
    for (auto& unit : units_) {
      set->files_.push_back(unit.name);
      texts.emplace(unit.key, std::move(unit.text));
    }
    return {std::move(set), std::move(problems_), std::move(texts)};
  } catch (const std::invalid_argument& error) {
    problems_.push_back(error.what());
    return {nullptr, std::move(problems_), {}};
  }
}

void Loader::add_root(const fs::path& path) {
  if (!fs::is_directory(path)) {
    root_ = resolved(fs::absolute(path).parent_path());
    add_file(path, path.string());
    return;
  }
  root_ = resolved(path);
  std::vector<fs::path> files;
  try {
    files = rule_files_of(path);
  } catch (const fs::filesystem_error& error) {
    problems_.push_back(path.string() + ": cannot be read: " + error.code().message());
    return;
  }
  if (files.empty()) problems_.push_back(path.string() + ": holds no *.yar or *.yara file");
  for (const auto& file : files) add_file(file, file.string());
}

// `blame` begins the problem when there is nothing to read: the file, or the include that asks for
// it.
void Loader::add_file(const fs::path& path, const std::string& blame) {
  auto key = resolved(path);
  if (visited_.contains(key.string())) return;
  if (visited_.size() >= options_.max_files) {
    problems_.push_back(blame + ": left out, there are more than " +
                        std::to_string(options_.max_files) + " rule files; merge some");
    return;
  }
  visited_.insert(key.string());

  Unit unit;
  unit.name = path.lexically_normal().string();
  unit.key = key.string();
  unit.root = root_;
  auto source = read_source(path);
  bool usable = false;
  open_.push_back(key);
  if (!source.error.empty()) {
    problems_.push_back(blame + ": " + source.error);
  } else {
    usable = set_text(unit, std::move(source.text));
    follow_includes(path, unit);
    unit.blamed = !usable;
    if (!usable) problems_.push_back(at_line(unit.name, unit.text, worst(unit.seen)));
  }
  if (!usable && fall_back(unit)) {
    usable = unit.blamed = true;
    follow_includes(path, unit);
  }
  open_.pop_back();
  if (usable) units_.push_back(std::move(unit));
}

void Loader::follow_includes(const fs::path& file, Unit& unit) {
  for (const auto& name : unit.seen.includes) {
    follow_include(file, unit,
                   place(file.lexically_normal().string(), include_line(unit.text, name)) +
                       ": include \"" + name + '"',
                   name);
  }
}

void Loader::follow_include(const fs::path& file, Unit& unit, const std::string& where,
                            const std::string& name) {
  auto path = file.parent_path() / name;
  auto key = resolved(path);
  auto refuse = [&](const std::string& why) { problems_.push_back(where + ' ' + why); };
  if (!options_.includes) return refuse("is not followed, includes are switched off");
  if (!options_.includes_anywhere && !lies_in(key, root_)) {
    return refuse("is not followed, it leads out of " + root_.string() + "; move the file there");
  }
  if (auto start = std::ranges::find(open_, key); start != open_.end()) {
    std::string cycle;
    for (; start != open_.end(); ++start) cycle += start->filename().string() + " -> ";
    return refuse("makes a cycle: " + cycle + key.filename().string());
  }
  if (open_.size() > static_cast<std::size_t>(kMaxIncludeDepth)) {
    return refuse("is not followed, it is more than " + std::to_string(kMaxIncludeDepth) +
                  " includes deep");
  }
  unit.includes.push_back(key.string());
  add_file(path, where);
}

// False if the text cannot be part of any set.
bool Loader::set_text(Unit& unit, std::string text) const {
  unit.text = std::move(text);
  unit.seen = examine(unit.text, options_.externals, options_.gate_modules);
  unit.declared = declared_names(unit.text);
  return unit.seen.compiles() || unit.seen.needs_others();
}

bool Loader::fall_back(Unit& unit) const {
  if (!last_good_ || unit.is_previous) return false;
  auto text = last_good_(unit.key);
  if (!text || *text == unit.text) return false;
  unit.is_previous = true;
  return set_text(unit, std::move(*text));
}

// Likewise once the files are put together. What its last good version includes, and nothing does
// now, comes before it.
bool Loader::fall_back_linked(std::size_t place) {
  if (!fall_back(units_[place])) return false;
  const auto before = static_cast<Units::difference_type>(units_.size());
  const auto at = static_cast<Units::difference_type>(place);
  Unit unit = std::move(units_[place]);
  root_ = unit.root;
  open_ = {fs::path(unit.key)};
  unit.includes.clear();
  follow_includes(unit.name, unit);
  open_.clear();
  units_[place] = std::move(unit);
  std::rotate(units_.begin() + at, units_.begin() + before, units_.end());
  return true;
}

// What a file includes is a part of it: its last good version may be that of an included file. True
// if anything changed.
bool Loader::fall_back_below(const Unit& unit) {
  bool changed = false;
  std::set<std::string> below;
  std::vector<std::string> open = unit.includes;
  while (!open.empty()) {
    auto key = std::move(open.back());
    open.pop_back();
    if (!below.insert(key).second) continue;
    auto found = std::ranges::find(units_, key, &Unit::key);
    if (found == units_.end()) continue;
    open.insert(open.end(), found->includes.begin(), found->includes.end());
    changed = fall_back(*found) || changed;
  }
  return changed;
}

// Goes on with its last good version, or without it.
void Loader::reject(std::size_t place, std::string problem) {
  if (!std::exchange(units_[place].blamed, true)) problems_.push_back(std::move(problem));
  if (fall_back_linked(place) || fall_back_below(units_[place])) return;
  units_.erase(units_.begin() + static_cast<Units::difference_type>(place));
}

std::string Loader::duplicate(const Unit& unit, const std::string& rule, const Unit& owner) const {
  return place(unit.name, line_in(unit.declared, rule)) + ": rule \"" + rule +
         "\" is already defined at " + place(owner.name, line_in(owner.declared, rule)) +
         "; rename one of them";
}

const Loader::Unit* Loader::other_owner(const Unit& unit, const std::string& rule) const {
  for (const auto& other : units_) {
    if (&other == &unit) return nullptr;
    if (line_in(other.declared, rule) > 0) return &other;
  }
  return nullptr;
}

bool Loader::may_resolve(const Unit& unit, const std::string& name) const {
  return std::ranges::any_of(units_, [&](const Unit& other) {
    return &other != &unit && std::ranges::any_of(other.declared, [&](const Declared& d) {
      return d.name.starts_with(name);
    });
  });
}

// Takes out what cannot fit without asking the compiler; true if anything changed.
bool Loader::prune() {
  std::map<std::string, const Unit*> owners;
  for (auto unit = units_.begin(); unit != units_.end();) {
    auto clash = std::ranges::find_if(unit->seen.rules,
                                      [&](const auto& rule) { return owners.contains(rule); });
    auto lost = std::ranges::find_if(unit->seen.errors, [&](const Diagnostic& error) {
      return !may_resolve(*unit, undefined_name(error));
    });
    if (clash != unit->seen.rules.end()) {
      reject(static_cast<std::size_t>(unit - units_.begin()),
             duplicate(*unit, *clash, *owners[*clash]));
    } else if (lost != unit->seen.errors.end()) {
      reject(static_cast<std::size_t>(unit - units_.begin()),
             at_line(unit->name, unit->text, *lost));
    } else {
      for (const auto& rule : unit->seen.rules) owners.emplace(rule, &*unit);
      ++unit;
      continue;
    }
    return true;
  }
  return false;
}

RulesPtr Loader::compile(const std::vector<const Unit*>& units, const Unit** failed,
                         Diagnostic* why) const {
  Compiler compiler(options_.externals);
  for (const auto* unit : units) {
    if (compiler.add(unit->text)) continue;
    *failed = unit;
    *why = compiler.errors().front();
    return nullptr;
  }
  return compiler.finish();
}

// Compiles until all units that are left fit together. Every turn but the last rejects one or moves
// one back, once each.
RulesPtr Loader::link() {
  for (;;) {
    while (prune()) {
    }
    std::vector<const Unit*> all;
    for (const auto& unit : units_) all.push_back(&unit);
    const Unit* failed = nullptr;
    Diagnostic why;
    if (auto rules = compile(all, &failed, &why)) return rules;

    auto unit = units_.begin() + (failed - units_.data());
    if (!undefined_name(why).empty() && !unit->moved_back) {
      unit->moved_back = true;
      std::rotate(unit, unit + 1, units_.end());
      continue;
    }
    static constexpr std::string_view kDuplicated = "duplicated identifier \"";
    std::string problem = at_line(unit->name, unit->text, why);
    if (why.message.starts_with(kDuplicated)) {
      auto rule = why.message.substr(kDuplicated.size());
      rule.resize(rule.find('"') == std::string::npos ? rule.size() : rule.find('"'));
      if (const auto* owner = other_owner(*unit, rule)) problem = duplicate(*unit, rule, *owner);
    }
    reject(static_cast<std::size_t>(unit - units_.begin()), std::move(problem));
  }
}

// False where one group has to do.
bool Loader::split_by_module(RuleSet& set) const {
  auto stands_alone = [](const Unit& unit) {
    return unit.seen.compiles() && !unit.seen.has_global && !may_use_rule_wildcard(unit.text);
  };
  if (!options_.gate_modules || !std::ranges::all_of(units_, stands_alone)) return false;

  struct Part {
    std::vector<const Unit*> units;
    std::vector<std::uint32_t> places;
  };
  std::map<RuleSet::Gate, Part> parts;
  std::uint32_t next_place = 0;
  for (const auto& unit : units_) {
    auto gate = RuleSet::Gate::none;
    const auto& modules = unit.seen.modules;
    if (unit.seen.matches_nothing && !modules.empty()) {
      auto first = RuleSet::gate_of_module(modules.front());
      if (std::ranges::all_of(modules,
                              [&](const auto& m) { return RuleSet::gate_of_module(m) == first; }))
        gate = first;
    }
    auto& part = parts[gate];
    part.units.push_back(&unit);
    for (std::size_t i = 0; i < unit.seen.rules.size(); ++i) part.places.push_back(next_place++);
  }
  for (auto& [gate, part] : parts) {
    const Unit* failed = nullptr;
    Diagnostic why;
    auto rules = compile(part.units, &failed, &why);
    if (!rules) return false;
    set.groups_.push_back({gate, std::move(rules), std::move(part.places)});
  }
  return true;
}

}  // namespace stoq::plugins::yara
