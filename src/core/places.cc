// SPDX-License-Identifier: Apache-2.0
#include "core/places.h"

#include <dlfcn.h>

#include <filesystem>

namespace stoq {
namespace {

namespace fs = std::filesystem;

// The directory of the library, or of the program it is linked into: <prefix>/lib, or <build
// tree>/bin or lib.
fs::path own_directory() {
  static const fs::path directory = [] {
    Dl_info info{};
    std::error_code ec;
    fs::path self = "/proc/self/exe";
    if (dladdr(reinterpret_cast<void*>(&installed_plugin_dir), &info) && info.dli_fname &&
        fs::path(info.dli_fname).extension() != "")
      if (std::string_view(info.dli_fname).find(".so") != std::string_view::npos)
        self = info.dli_fname;
    const fs::path real = fs::canonical(self, ec);
    return ec ? fs::path("/usr/lib") : real.parent_path();
  }();
  return directory;
}

std::string first_of(std::initializer_list<const char*> candidates) {
  std::error_code ec;
  for (const char* candidate : candidates)
    if (const fs::path path = own_directory() / candidate; fs::exists(path, ec))
      return fs::canonical(path, ec).string();
  return (own_directory() / *candidates.begin()).lexically_normal().string();
}

}  // namespace

std::string installed_plugin_dir() {
  return first_of({"../plugins", "stoq/plugins", "../lib/stoq/plugins", "../../lib/stoq/plugins"});
}
std::string host_program() {
  return first_of(
      {"../libexec/stoq-host", "../libexec/stoq/stoq-host", "../../libexec/stoq/stoq-host"});
}
std::string shipped_config() {
  return first_of(
      {"../etc/stoq/stoq.cfg", "../../etc/stoq/stoq.cfg", "../../../etc/stoq/stoq.cfg"});
}

}  // namespace stoq
