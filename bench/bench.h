// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "bench/process.h"
#include "bench/row.h"

namespace stoq::bench {

// What all rows need to know.
struct Bench {
  std::filesystem::path build;  // bin, libexec, plugins and bench/plugins lie in it
  std::filesystem::path cache;  // inputs, kept from run to run
  std::filesystem::path work;   // outputs, removed at the end
  unsigned rounds = 15;         // pairs
  bool quick = false;

  std::filesystem::path stoq() const { return build / "bin/stoq"; }
  // A floor, as a program of its own.
  Command floor(std::vector<std::string> arguments, bool one_core) const;
  bool has_plugin(const std::string& name) const;
};

using Rows = std::vector<Row>;
Rows scan_rows(const Bench& bench);       // (a) one small scan from C++
Rows tree_rows(const Bench& bench);       // (b) the tree, hashes only
Rows yara_rows(const Bench& bench);       // (c) the tree and 300 rules
Rows zip_rows(const Bench& bench);        // (d) a large zip
Rows memory_rows(const Bench& bench);     // (e) peak memory of (b)
Rows host_rows(const Bench& bench);       // (f) a call into a host process
Rows plugin_rows(const Bench& bench);     // (g) plugins that stream over bytes
Rows arrival_rows(const Bench& bench);    // (h) a file that arrives in a watched directory
Rows isolation_rows(const Bench& bench);  // (i) kills, fresh hosts
Rows shipped_rows(const Bench& bench);    // (j) the tree as shipped, and without isolation
Rows python_rows(const Bench& bench);     // (k) calls from and into Python
Rows extractor_rows(const Bench& bench);  // (l) each extracting plugin beside a bare library
Rows share_rows(const Bench& bench);      // (m) the tree as shipped, and what each plugin takes

}  // namespace stoq::bench
