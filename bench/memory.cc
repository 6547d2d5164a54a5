// SPDX-License-Identifier: Apache-2.0
#include "bench/memory.h"

#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace stoq::bench {
namespace {

namespace fs = std::filesystem;

// 0 when the process is gone.
pid_t parent_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  const size_t name_end = text.rfind(')');  // names may hold anything
  if (name_end == text.npos || text.size() < name_end + 5) return 0;
  return static_cast<pid_t>(std::strtol(text.c_str() + name_end + 4, nullptr, 10));
}

std::multimap<pid_t, pid_t> children() {
  std::multimap<pid_t, pid_t> of;
  std::error_code ec;
  for (const fs::directory_entry& entry : fs::directory_iterator("/proc", ec)) {
    const std::string name = entry.path().filename().string();
    pid_t pid = 0;
    const auto [end, problem] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (problem == std::errc() && end == name.data() + name.size()) of.emplace(parent_of(pid), pid);
  }
  return of;
}

uint64_t pss(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/smaps_rollup");
  for (std::string word; file >> word;) {
    uint64_t kib = 0;
    if (word == "Pss:" && file >> kib) return kib << 10;
  }
  return 0;
}

}  // namespace

uint64_t tree_pss(pid_t root) {
  const auto of = children();
  uint64_t sum = 0;
  std::vector<pid_t> todo{root};
  while (!todo.empty()) {
    const pid_t pid = todo.back();
    todo.pop_back();
    sum += pss(pid);
    for (auto [at, end] = of.equal_range(pid); at != end; ++at) todo.push_back(at->second);
  }
  return sum;
}

MemoryWatch::MemoryWatch(pid_t root)
    : thread_([this, root](const std::stop_token& stop) {
        while (!stop.stop_requested()) {
          peak_ = std::max<uint64_t>(peak_, tree_pss(root));
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
      }) {}

}  // namespace stoq::bench
