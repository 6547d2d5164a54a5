// SPDX-License-Identifier: Apache-2.0
#include "config/discover.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>

namespace stoq::config {
namespace {

namespace fs = std::filesystem;

class Walk {
 public:
  Walk(Manifests& found, std::vector<std::string>& warnings) : found_(found), warnings_(warnings) {}

  void folder(const fs::path& path, int depth) {
    if (!first_visit(path)) return;
    std::vector<fs::path> files, folders;
    std::error_code error;
    for (fs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
      if (++entries_ > kMaxEntries) {
        if (entries_ == kMaxEntries + 1) {
          warnings_.push_back("Plugin directory holds more than " + std::to_string(kMaxEntries) +
                              " entries, skipping the rest: " + path.string() +
                              "; set plugin_dir_list to a directory of plugins");
        }
        break;
      }
      std::error_code ignored;
      if (at->is_directory(ignored)) {
        if (at->path().filename().native().starts_with(kStagingPrefix)) continue;
        if (fs::exists(at->path() / kVirtualEnvironment, ignored)) continue;
        folders.push_back(at->path());
      } else if (at->path().native().ends_with(".stoq")) {
        files.push_back(at->path());
      }
    }
    if (error) {
      warnings_.push_back("Unable to read plugin directory " + path.string() + ": " +
                          error.message() + "; check its permissions");
    }
    std::sort(files.begin(), files.end());
    std::sort(folders.begin(), folders.end());
    for (const fs::path& file : files) manifest(file);
    if (depth >= kMaxDepth && !folders.empty()) {
      warnings_.push_back("Plugin directory is deeper than " + std::to_string(kMaxDepth) +
                          " folders, skipping what is below: " + path.string() +
                          "; move its plugins up");
      return;
    }
    for (const fs::path& inner : folders) folder(inner, depth + 1);
  }

 private:
  bool first_visit(const fs::path& path) {
    struct stat about {};
    return stat(path.c_str(), &about) == 0 && visited_.emplace(about.st_dev, about.st_ino).second;
  }

  void manifest(const fs::path& file) {
    std::vector<Problem> problems;
    std::vector<std::string> notes;
    const Ini ini = Ini::read(file.string(), problems);
    Manifest manifest;
    if (problems.empty()) manifest = Manifest::parse(ini, problems, notes);
    if (!problems.empty()) {
      std::string line = "Error parsing config file: ";
      for (size_t i = 0; i < problems.size(); ++i) line += (i ? "; " : "") + problems[i].message();
      warnings_.push_back(std::move(line));
      return;
    }
    if (!find_module(manifest)) {
      warnings_.push_back(
          "Unable to find module at: " + (fs::path(manifest.folder) / manifest.module).string() +
          " (.so, .pyc or .py); build or install it, or correct Module in " + manifest.file);
      return;
    }
    warnings_.insert(warnings_.end(), notes.begin(), notes.end());
    Manifest& place = found_[manifest.name];
    if (!place.file.empty() && place.file != manifest.file) {
      warnings_.push_back("Plugin '" + manifest.name + "' found twice: " + manifest.file +
                          " replaces " + place.file + "; remove one of them or change its Name");
    }
    place = std::move(manifest);
  }

  static bool find_module(Manifest& manifest) {
    static constexpr std::pair<const char*, ModuleKind> kKinds[] = {
        {".so", ModuleKind::native}, {".pyc", ModuleKind::python}, {".py", ModuleKind::python}};
    for (const auto& [extension, kind] : kKinds) {
      const fs::path path = fs::path(manifest.folder) / (manifest.module + extension);
      std::error_code error;
      if (!fs::is_regular_file(path, error)) continue;
      manifest.module_path = path.string();
      manifest.kind = kind;
      return true;
    }
    return false;
  }

  Manifests& found_;
  std::vector<std::string>& warnings_;
  std::set<std::pair<dev_t, ino_t>> visited_;
  size_t entries_ = 0;
};

}  // namespace

Manifests discover(const std::vector<std::string>& directories,
                   std::vector<std::string>& warnings) {
  Manifests found;
  for (const std::string& directory : directories) {
    std::error_code error;
    if (directory.empty() || !fs::is_directory(directory, error)) {
      warnings.push_back("Invalid plugin directory specified, skipping: " + directory);
      continue;
    }
    fs::path path = fs::absolute(directory, error).lexically_normal();
    if (!path.has_filename()) path = path.parent_path();  // "plugins/" is "plugins"
    Walk(found, warnings).folder(path, 0);
  }
  return found;
}

}  // namespace stoq::config
