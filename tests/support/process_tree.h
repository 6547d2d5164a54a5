// SPDX-License-Identifier: Apache-2.0
//
// The processes that descend from this one, as /proc shows them.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "tests/support/eventually.h"

namespace stoq::test {

struct TreeProcess {
  int pid = 0, parent = 0;
  char state = '?';
  std::string name;
  size_t descriptors = 0;
  bool operator==(const TreeProcess&) const = default;
};

inline std::vector<TreeProcess> descendants() {
  namespace fs = std::filesystem;
  std::map<int, TreeProcess> all;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::ifstream stat(entry.path() / "stat");
    std::string line;
    if (!std::isdigit(entry.path().filename().c_str()[0]) || !std::getline(stat, line)) continue;
    TreeProcess p;
    const size_t open = line.find('('), close = line.rfind(')');
    p.pid = std::stoi(line);
    p.name = line.substr(open + 1, close - open - 1);
    p.state = line[close + 2];
    p.parent = std::stoi(line.substr(close + 4));
    std::error_code ec;
    for (fs::directory_iterator fd(entry.path() / "fd", ec), end; !ec && fd != end;
         fd.increment(ec))
      ++p.descriptors;
    all[p.pid] = p;
  }
  std::vector<TreeProcess> found;
  for (const auto& [pid, process] : all) {
    int above = process.parent;
    for (int steps = 0; steps < 64 && above > 1 && above != getpid(); ++steps)
      above = all.contains(above) ? all[above].parent : 0;
    if (above == getpid()) found.push_back(process);
  }
  return found;
}

inline std::vector<TreeProcess> descendants(std::string_view name) {
  std::vector<TreeProcess> found = descendants();
  std::erase_if(found, [&](const TreeProcess& p) { return p.name != name; });
  return found;
}

}  // namespace stoq::test
