// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "support/temporary_directory.h"

namespace stoq::test {

// Copies the test plugin `name`, whose manifest says `profile = compute`, below `directory`, where
// it has another profile and `more` lines. Returns the directory of plugins, for all to enter.
inline std::string copy_with_profile(const TemporaryDirectory& directory, const std::string& name,
                                     const std::string& profile, const std::string& more = "") {
  const std::string from = std::string(STOQ_TEST_PLUGINS) + "/" + name + "/" + name;
  const std::string to = "plugins/" + name + "/" + name;
  std::string manifest = read_all(from + ".stoq");
  const std::string compute = "profile = compute";
  manifest.replace(manifest.find(compute), compute.size(), "profile = " + profile);
  directory.file(to + ".stoq", manifest + more);
  std::filesystem::copy_file(from + ".so", directory / (to + ".so"));
  chmod(directory.path().c_str(), 0755);
  return directory / "plugins";
}

}  // namespace stoq::test
