// SPDX-License-Identifier: Apache-2.0
#include "core/places.h"

#include <dlfcn.h>

#include <filesystem>

namespace stoq {
namespace {

namespace fs = std::filesystem;

struct Layout {
  fs::path plugins, host, config, python;
};

// The directory of the library, or of the program that it is linked into.
fs::path own_directory() {
  Dl_info info{};
  std::error_code ec;
  fs::path self = "/proc/self/exe";
  if (dladdr(reinterpret_cast<void*>(&installed_plugin_dir), &info) && info.dli_fname)
    if (const fs::path file = info.dli_fname;
        file.filename().native().find(".so") != std::string::npos)
      self = file;
  const fs::path real = fs::canonical(self, ec);
  return ec ? fs::path("/usr/bin") : real.parent_path();
}

// Where Debian's Python looks: below /usr, below /usr/local, in a virtual environment.
fs::path packages_below(const fs::path& prefix) {
  std::error_code ec;
  for (const char* place : {"lib/python3.11/dist-packages", "lib/python3.11/site-packages"})
    if (fs::exists(prefix / place / "stoq/_host.py", ec)) return prefix / place;
  return prefix / "lib/python3/dist-packages";
}

Layout installed(const fs::path& prefix) {
  std::error_code ec;
  // What the administrator wrote stands for what was shipped.
  const fs::path etc = (prefix == "/usr" ? fs::path("/etc") : prefix / "etc") / "stoq/stoq.cfg";
  return {prefix / "lib/stoq/plugins", prefix / "libexec/stoq/stoq-host",
          fs::exists(etc, ec) ? etc : prefix / "share/stoq/stoq.cfg", packages_below(prefix)};
}
Layout built(const fs::path& tree) {
  return {tree / "plugins", tree / "libexec/stoq-host", tree / "etc/stoq/stoq.cfg",
          tree / "python"};
}

// Known by its host program. It lies one or two levels above us: we are in bin, lib,
// lib/<architecture> or libexec/stoq; or four: in lib/python3.11/dist-packages/stoq.
Layout find_layout() {
  const fs::path above = own_directory().parent_path();
  std::error_code ec;
  fs::path root = above;
  for (int level = 0; level < 4; ++level, root = root.parent_path())
    for (const Layout& layout : {installed(root), built(root)})
      if (fs::exists(layout.host, ec)) return layout;
  return built(above);
}

const Layout& layout() {
  static const Layout found = find_layout();
  return found;
}

}  // namespace

std::string installed_plugin_dir() {
  return layout().plugins.string();
}
std::string host_program() {
  return layout().host.string();
}
std::string python_host_program() {
  return (layout().host.parent_path() / "stoq-pyhost").string();
}
std::string python_packages() {
  return layout().python.string();
}
std::string host_tmp_place() {
  return (layout().host.parent_path() / "tmp").string();
}
std::string shipped_config() {
  return layout().config.string();
}

}  // namespace stoq
