// SPDX-License-Identifier: Apache-2.0
#include "macros.h"

#include <map>
#include <set>

#include "decompress_source.h"
#include "macro_sheets.h"
#include "office/compound.h"
#include "office/inflate.h"
#include "project.h"

namespace stoq::plugins::vba {
namespace {

using office::Bytes;
using office::CompoundFile;
using office::printable;
using office::Sink;

constexpr std::uint64_t kMostPart = 128 << 20;
constexpr std::size_t kMostListed = 1000;

class Finder {
 public:
  explicit Finder(Sink& sink) : sink_(sink) { modules_.begin_array(); }

  // `part`: of a package, or nothing.
  void look_into(Bytes content, const std::string& part) {
    auto file = CompoundFile::open(content);
    if (!file) return;
    for (std::size_t i = 0; i < file->entries().size() && !stopped_; ++i) {
      const CompoundFile::Entry& entry = file->entries()[i];
      const std::string name = upper(entry.name);
      if (entry.kind == CompoundFile::Kind::storage && name == "VBA")
        project(*file, i, part);
      else if (entry.kind == CompoundFile::Kind::stream && (name == "WORKBOOK" || name == "BOOK"))
        sheets(*file, i, part);
      stopped_ = stopped_ || sink_.cancelled();
    }
  }

  std::string finish() {
    if (count_ == 0 && !sheets_found_ && !project_found_) return {};
    modules_.end_array();
    sdk::JsonWriter w;
    w.begin_object();
    if (project_found_) {
      if (!name_.empty()) w.member("project", std::string_view(name_));
      if (code_page_ != 0) w.member("code_page", code_page_);
    }
    w.member("module_count", count_).key("modules").raw(modules_.str());
    if (!references_.empty()) {
      w.key("references").begin_array();
      for (const std::string& reference : references_) w.value(std::string_view(reference));
      w.end_array();
    }
    return w.end_object().take();
  }

 private:
  static std::string upper(std::string text) {
    for (char& c : text)
      if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
    return text;
  }

  void project(CompoundFile& file, std::size_t storage, const std::string& part) {
    const std::string where = printable(file.entries()[storage].path);
    const Source dir = decompress_source(file.read("dir", storage));
    Project project;
    if (dir.bytes.empty()) {
      sink_.error("project '" + where +
                  "' has no list of modules that can be read; its streams were searched");
    } else {
      project = read_project(dir.bytes);
      if (!project.whole || !dir.problem.empty())
        sink_.error("the list of modules of project '" + where +
                    "' is damaged; its other streams were searched");
    }
    project_found_ = true;
    if (name_.empty()) name_ = project.name;
    if (code_page_ == 0) code_page_ = project.code_page;
    for (const std::string& reference : project.references)
      if (references_.size() < kMostListed) references_.push_back(reference);

    const auto range = file.below(storage);
    std::map<std::string, std::size_t> streams;  // by the name in upper case
    for (std::size_t i = range.begin; i < range.end; ++i)
      if (const auto& entry = file.entries()[i];
          entry.parent == storage && entry.kind == CompoundFile::Kind::stream)
        streams.emplace(upper(entry.name), i);
    std::set<std::size_t> done;
    for (const Project::Module& module : project.modules) {
      if (stopped_) return;
      const auto stream = streams.find(upper(module.stream));
      if (stream == streams.end()) {
        sink_.error("module '" + printable(module.name) + "' of project '" + where +
                    "' has no stream '" + printable(module.stream) + "'");
        continue;
      }
      if (!done.insert(stream->second).second) continue;
      this->module(file, stream->second, module, part);
    }
    // what the list leaves out, by what every module begins with
    for (std::size_t i = range.begin; i < range.end && !stopped_; ++i) {
      const CompoundFile::Entry& entry = file.entries()[i];
      if (entry.parent != storage || entry.kind != CompoundFile::Kind::stream || done.contains(i) ||
          upper(entry.name) == "DIR")
        continue;
      const auto content = file.read(i);
      const std::size_t at = find_source(content.bytes);
      if (at == std::string_view::npos) continue;
      Project::Module module;
      module.name = entry.name;
      module.offset = static_cast<std::uint32_t>(at);
      source(content.bytes, module, entry.path, part, true);
    }
  }

  void module(CompoundFile& file, std::size_t stream, Project::Module module,
              const std::string& part) {
    const CompoundFile::Entry& entry = file.entries()[stream];
    const auto content = file.read(stream);
    if (!content.problem.empty())
      sink_.error("the stream of module '" + printable(module.name) + "' " + content.problem);
    source(content.bytes, module, entry.path, part, false);
  }

  void source(Bytes stream, Project::Module module, const std::string& path,
              const std::string& part, bool unlisted) {
    Source text = decompress_source(office::part_of(stream, module.offset));
    if (text.bytes.empty()) {  // the offset lies
      const std::size_t at = find_source(stream);
      if (at != std::string_view::npos) text = decompress_source(office::part_of(stream, at));
    }
    const bool has_code = text.bytes.empty() && !stream.empty();
    const char* const kind = module.procedural ? "module" : unlisted ? "unlisted" : "class";
    add(module.name, kind, text.bytes.size(),
        has_code               ? "no source"
        : stream.empty()       ? "empty"
        : text.problem.empty() ? "extracted"
                               : "damaged");
    if (has_code)
      sink_.error("module '" + printable(module.name) + "' has code but no source: " +
                  (text.problem.empty() ? "it is empty" : "it " + text.problem));
    else if (!text.problem.empty())
      sink_.error("the source of module '" + printable(module.name) + "' " + text.problem);
    if (text.bytes.empty()) return;
    give(text.bytes, printable(module.name) + (module.procedural ? ".bas" : ".cls"), path, part,
         !text.problem.empty());
  }

  void sheets(CompoundFile& file, std::size_t stream, const std::string& part) {
    const auto content = file.read(stream);
    for (const MacroSheet& sheet : macro_sheets(content.bytes)) {
      if (stopped_) return;
      sheets_found_ = true;
      add(sheet.name, "macro sheet", sheet.text.size(), sheet.visibility);
      give(office::bytes_of(sheet.text), printable(sheet.name) + ".xlm",
           file.entries()[stream].path, part, false);
    }
  }

  void add(const std::string& name, const char* kind, std::size_t size, std::string_view status) {
    if (count_++ >= kMostListed) return;
    modules_.begin_object().member("name", std::string_view(name)).member("kind", kind);
    modules_.member("size", size).member("status", status).end_object();
  }

  void give(Bytes content, const std::string& file_name, const std::string& path,
            const std::string& part, bool incomplete) {
    sdk::JsonWriter w;
    w.begin_object().key("extra_data").begin_object();
    w.member("filename", std::string_view(file_name));
    w.member("path", std::string_view(printable(part.empty() ? path : part + "/" + path)));
    if (incomplete) w.member("incomplete", true);
    stopped_ = stopped_ || !sink_.give(content, w.end_object().end_object().take());
  }

  Sink& sink_;
  sdk::JsonWriter modules_;
  std::size_t count_ = 0;
  std::string name_;
  std::uint16_t code_page_ = 0;
  std::vector<std::string> references_;
  bool project_found_ = false, sheets_found_ = false, stopped_ = false;
};

}  // namespace

std::string take_macros(Bytes content, Sink& sink) {
  Finder finder(sink);
  if (CompoundFile::is_one(content)) {
    finder.look_into(content, "");
  } else if (office::view_of(content).starts_with("PK\3\4")) {
    // whatever its name, the part that holds macros is a compound file
    office::read_zip(
        content, kMostPart, [](const std::string& name) { return name.ends_with(".bin"); },
        [&](const std::string& name, const office::Inflated& part) {
          finder.look_into(part.bytes, name);
          return !sink.cancelled();
        });
  }
  return finder.finish();
}

}  // namespace stoq::plugins::vba
