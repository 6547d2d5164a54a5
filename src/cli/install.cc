// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "cli/commands.h"
#include "cli/fetch.h"
#include "cli/installation.h"
#include "cli/output.h"
#include "cli/requirements.h"
#include "config/discover.h"
#include "config/text.h"
#include "core/places.h"
#include "stoq/sdk/descriptor.h"

namespace stoq::cli {
namespace {

namespace fs = std::filesystem;
using sdk::Fd;

// A folder in the plugin directory that no search for plugins enters: what lies there is on the same
// file system. Removed with the object; what a killed installation left, by the next one.
class Staging {
 public:
  explicit Staging(const std::string& directory) {
    std::error_code error;
    fs::create_directories(directory, error);
    lock_ = Fd(open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!lock_) throw StoqException(directory + ": " + std::strerror(errno));
    if (flock(lock_.get(), LOCK_EX | LOCK_NB) != 0)
      throw StoqException("another installation is at work in " + directory +
                          "; try again when it is done");
    clear(directory);
    std::string name = directory + "/" + std::string(config::kStagingPrefix) + "XXXXXX";
    if (!mkdtemp(name.data()))
      throw StoqException("cannot write to " + directory + ": " + std::strerror(errno) +
                          "; choose another directory with --install-dir");
    path_ = name;
  }
  ~Staging() {
    std::error_code error;
    fs::remove_all(path_, error);
  }
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  void settle() const { fsync(lock_.get()); }  // the directory of plugins

 private:
  static void clear(const std::string& directory) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(directory, error))
      if (entry.path().filename().string().starts_with(config::kStagingPrefix))
        fs::remove_all(entry.path(), error);
  }

  std::string path_;
  Fd lock_;
};

// The one plugin in a folder.
config::Manifest only_plugin(const std::string& folder, const std::string& source) {
  std::vector<std::string> warnings;
  const config::Manifests found = config::discover({folder}, warnings);
  const auto clean = [&](std::string text) {  // as the user knows it
    for (size_t at; folder != source && (at = text.find(folder + "/")) != text.npos;)
      text.erase(at, folder.size() + 1);
    return text;
  };
  if (found.size() == 1) {
    for (const std::string& warning : warnings)
      if (warning.find("found twice") != warning.npos) throw StoqException(clean(warning));
    return found.begin()->second;
  }
  if (found.empty())
    throw StoqException(
        source + " holds no plugin" +
        (warnings.empty() ? ": there is no .stoq file in it" : ": " + clean(warnings.front())));
  std::vector<std::string> names;
  for (const auto& [name, manifest] : found) names.push_back(name);
  throw StoqException(source + " holds several plugins (" + joined(names) +
                      "); give the folder of one");
}

struct Proof {
  std::vector<std::string> roles;
};

// Loads what is staged, with the user's configuration, in a host process whatever its manifest says.
Proof prove(const Arguments& a, const config::Manifest& plugin, const std::string& directory) {
  StoqOptions options = a.options;
  start_nothing(options);
  options.plugin_dir_list = {directory};
  options.plugin_opts[plugin.name].try_emplace("isolation", "process");
  options.log_sink = std::make_shared<KeptLog>();
  Stoq stoq(std::move(options));
  const PluginDescription description = stoq.describe_plugin(plugin.name);
  std::vector<std::string> ignored;
  const Loaded loaded = try_to_load(stoq, description, load_settings(a.options, ignored));
  if (loaded.how == Loading::fine) return {loaded.roles};
  throw StoqException(
      "plugin '" + plugin.name + "' is not installed, for it does not load: " + loaded.problem +
      (description.problem.empty() ? "; where it needs options, set them in [" + plugin.name +
                                         "] of stoq.cfg or with --plugin-opts first"
                                   : ""));
}

// The manifest of an installed plugin of that name in one directory, if there is one.
std::optional<config::Manifest> plugin_in(const std::string& directory, const std::string& name) {
  std::error_code error;
  std::vector<std::string> ignored;
  if (!fs::is_directory(directory, error)) return std::nullopt;
  config::Manifests found = config::discover({directory}, ignored);
  const auto at = found.find(name);
  return at == found.end() ? std::nullopt : std::optional(std::move(at->second));
}

std::string version_of(const config::Manifest& m) {
  return m.version.empty() ? "without version" : m.version;
}

// What of this name lies elsewhere, and who wins.
std::string relations(const Arguments& a, const config::Manifest& plugin,
                      const std::string& directory) {
  std::vector<std::string> ignored;
  const Settings settings = load_settings(a.options, ignored);
  std::string text;
  bool before = true, searched = false;
  for (const std::string& dir : settings.plugin_dirs) {
    const bool ours = fs::weakly_canonical(dir) == fs::weakly_canonical(directory);
    searched |= ours;
    before &= !ours;
    const std::optional<config::Manifest> other = plugin_in(dir, plugin.name);
    if (!other ||
        fs::weakly_canonical(other->folder) == fs::weakly_canonical(directory + "/" + plugin.name))
      continue;
    const std::string what = dir == installed_plugin_dir() ? "the bundled plugin" : "the plugin";
    text += before ? "  it is used instead of " + what + " of that name, " + version_of(*other) +
                         " in " + other->folder + "\n"
                   : "  it is not used: " + what + " of that name in " + other->folder +
                         " comes later and wins; remove one of them\n";
  }
  if (!searched)
    text += "  " + directory +
            " is not searched for plugins; add it to plugin_dir_list in "
            "stoq.cfg, or say --plugin-dir " +
            directory + "\n";
  return text;
}

// The Python packages that it asks for; gives those that had to be fetched.
std::string provide(const config::Manifest& plugin, const std::string& requirements,
                    const std::string& copy) {
  if (requirements.empty()) return "";
  try {
    std::error_code there;
    fs::copy_file(requirements, copy + "/requirements.txt", there);
    return provide_requirements(copy);
  } catch (const StoqException& e) {
    throw StoqException("plugin '" + plugin.name + "' is not installed: " + e.what());
  }
}

// In one step, so that at any moment either the old folder lies there or the new one.
void put_in_place(const std::string& from, const std::string& to, bool replace) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(),
                replace ? RENAME_EXCHANGE : RENAME_NOREPLACE) != 0)
    throw StoqException("cannot put the plugin at " + to + ": " + std::strerror(errno));
}

void install_from(const Arguments& a, const std::string& source, Source kind, std::string& report) {
  const std::string directory =
      fs::absolute(a.install_dir.empty() ? *a.options.base_dir + "/plugins" : a.install_dir)
          .lexically_normal()
          .string();
  const Staging staging(directory);
  std::string folder = source;
  std::error_code error;
  if (kind == Source::git) {
    clone_git(source, folder = staging / "fetched");
  } else if (!fs::is_directory(source, error)) {
    folder = staging / "fetched";
    fs::create_directory(folder);
    unpack_archive(source, folder);
  }
  const config::Manifest plugin = only_plugin(folder, source);
  if (plugin.name.starts_with('.'))
    throw StoqException("the plugin's Name " + config::quote(plugin.name) +
                        " begins with a dot; choose another");
  const std::string place = directory + "/" + plugin.name;
  struct stat st {};
  const bool there = lstat(place.c_str(), &st) == 0;
  const std::optional<config::Manifest> old = there ? plugin_in(place, plugin.name) : std::nullopt;
  if (there && !a.upgrade)
    throw StoqException("plugin '" + plugin.name + "' is installed already at " + place +
                        (old ? " (" + version_of(*old) + ")" : "") + "; replace it with --upgrade");

  fs::create_directory(staging / "new");
  const std::string copy = staging / "new/" + plugin.name;
  copy_folder(plugin.folder, copy);
  std::string fetched;
  if (plugin.kind == config::ModuleKind::python)
    fetched = provide(plugin, requirements_of(plugin.folder, folder), copy);
  const Proof proof = prove(a, plugin, staging / "new");
  put_in_place(copy, place, there);
  staging.settle();
  report = "installed " + plugin.name + " " + version_of(plugin) + " (" + joined(proof.roles) +
           ") at " + place + "\n";
  if (!fetched.empty()) report += "  fetched for it: " + fetched + "\n";
  if (old) report += "  it replaces " + version_of(*old) + "\n";
  report += relations(a, plugin, directory);
}

}  // namespace

int install(Arguments& a) {
  std::string url, problem, report;
  const Source kind = kind_of_source(a.source, url, problem);
  if (kind == Source::refused) return complain(kUsage, problem);
  if (a.github && kind != Source::git)
    return complain(kUsage,
                    "--github is not needed: give the URL of the repository, such as "
                    "https://github.com/OWNER/NAME");
  std::error_code error;
  if (kind == Source::local && !fs::exists(a.source, error))
    return complain(kUsage, a.source +
                                " is not there; give a folder, an archive or a git URL "
                                "(https://, ssh://, git://, file://)");
  try {
    install_from(a, kind == Source::git ? url : fs::absolute(a.source).lexically_normal().string(),
                 kind, report);
  } catch (const StoqException& e) {
    return complain(kNotAll, e.what());
  }
  return finish(report, kDelivered);
}

}  // namespace stoq::cli
