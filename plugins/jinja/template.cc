// SPDX-License-Identifier: Apache-2.0
#include "template.h"

#include <vector>

#include "parser.h"
#include "renderer.h"
#include "stoq/sdk/views.h"
#include "text.h"

namespace stoq::plugins::jinja {
namespace {

constexpr size_t kMostFiles = 100, kLargestFile = 1 << 20, kMostParents = 10;

[[noreturn]] void refuse(const std::string& name, uint32_t line, const std::string& what) {
  throw sdk::Error("template '" + name + "', line " + std::to_string(line) + ": " + what);
}

// Names are paths below the folder of the template.
bool is_below(std::string_view name) {
  if (name.empty() || name.find('\0') != name.npos) return false;
  for (const std::string_view part : split_at(name, "/", SIZE_MAX))
    if (part.empty() || part == "." || part == ".." || part.find('\\') != part.npos) return false;
  return true;
}

struct Wanted {
  std::string name, by;
  uint32_t line;
  bool must;
};

// Reads sources until none is wanted any more.
class Compiler {
 public:
  Compiler(const Loader& load, std::map<std::string, Source, std::less<>>& sources)
      : load_(load), sources_(sources) {}

  void run(const std::string& main) {
    wanted_.push_back({main, "", 0, true});
    while (!wanted_.empty()) {
      const Wanted next = std::move(wanted_.back());
      wanted_.pop_back();
      if (!sources_.contains(next.name)) read(next);
    }
    for (const auto& [name, source] : sources_) check_parents(source);
    for (const auto& [name, mentions] : mentions_)
      for (const auto& [called, line] : mentions.called) check_called(name, called, line);
  }

 private:
  void read(const Wanted& wanted) {
    if (!is_below(wanted.name))
      refuse(wanted.by, wanted.line,
             "'" + wanted.name + "' does not lie below the folder of the template");
    if (sources_.size() == kMostFiles)
      refuse(wanted.by, wanted.line, "more than " + std::to_string(kMostFiles) + " templates");
    const std::optional<std::string> text = load_(wanted.name);
    if (!text && !wanted.must) return;
    if (!text)
      refuse(wanted.by, wanted.line,
             "there is no template '" + wanted.name + "' below the folder of the template");
    if (text->size() > kLargestFile)
      throw sdk::Error("template '" + wanted.name + "' is larger than 1 MiB");
    Mentions& mentions = mentions_[wanted.name];
    try {
      sources_.emplace(wanted.name, parse(wanted.name, *text, mentions));
    } catch (const SyntaxError& e) {
      refuse(wanted.name, e.line, e.what());
    }
    for (const auto& [name, line] : mentions.wanted)
      wanted_.push_back({name, wanted.name, line, true});
    for (const auto& [name, line] : mentions.welcome)
      wanted_.push_back({name, wanted.name, line, false});
  }

  void check_parents(const Source& source) const {
    size_t parents = 0;
    for (const Source* at = &source; !at->parent.empty(); at = &sources_.find(at->parent)->second)
      if (++parents > kMostParents)
        throw sdk::Error("template '" + source.name + "' extends itself, or more than " +
                         std::to_string(kMostParents) + " templates one after the other");
  }

  void check_called(const std::string& by, const std::string& name, uint32_t line) const {
    if (is_function(name)) return;
    for (const auto& [other, mentions] : mentions_)
      if (mentions.defined.contains(name)) return;
    refuse(by, line,
           "there is no macro or function '" + name + "'; the functions are: " + function_names());
  }

  const Loader& load_;
  std::map<std::string, Source, std::less<>>& sources_;
  std::map<std::string, Mentions> mentions_;
  std::vector<Wanted> wanted_;
};

}  // namespace

Template Template::compile(const std::string& name, const Loader& load) {
  Template made;
  made.name_ = name;
  Compiler(load, made.sources_).run(name);
  return made;
}

std::string Template::render(std::string_view response, const Limits& limits) const {
  Budget budget(limits);
  Renderer renderer(sources_, sources_.find(name_)->second, budget);
  try {
    return renderer.run(sdk::JsonView(response));
  } catch (const Failure& e) {
    refuse(renderer.source_name(), renderer.line(), e.what());
  }
}

}  // namespace stoq::plugins::jinja
