// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "config/manifest.h"

namespace stoq::config {

/// By plugin name.
using Manifests = std::map<std::string, Manifest, std::less<>>;

/// Finds the plugins of `directories`, walked in that order and each one's entries in the order of
/// their names, files before folders; links are followed, each folder once. The last plugin of a
/// name wins. What is skipped, or replaced, is a line in `warnings`. Paths in the result are
/// absolute. Loads no code.
Manifests discover(const std::vector<std::string>& directories, std::vector<std::string>& warnings);

/// Folders whose names begin so are those of installations at work: they are not entered.
inline constexpr std::string_view kStagingPrefix = ".stoq-install-";

/// A folder with such a file holds Python packages that plugins need: it is not entered either.
inline constexpr std::string_view kVirtualEnvironment = "pyvenv.cfg";

constexpr int kMaxDepth = 32;
constexpr size_t kMaxEntries = 200'000;  // of one directory of the list

}  // namespace stoq::config
