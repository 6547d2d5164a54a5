// SPDX-License-Identifier: Apache-2.0
#include "files/deaths.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace stoq::plugins::files {
namespace {

constexpr std::string_view kDeathWords[] = {"taken1", "taken2", "taken3"};
static_assert(std::size(kDeathWords) == kMostDeaths);

}  // namespace

std::string_view deaths_reason() {
  return "the engine died 3 times while it was in work";
}

std::string_view Deaths::word(unsigned deaths) {
  return kDeathWords[std::clamp(deaths, 1u, kMostDeaths) - 1];
}

bool Deaths::is_taken(std::string_view word) {
  return std::find(std::begin(kDeathWords), std::end(kDeathWords), word) != std::end(kDeathWords);
}

void Deaths::read(const Line& line) {
  const auto at = std::find(std::begin(kDeathWords), std::end(kDeathWords), line.word);
  if (at == std::end(kDeathWords))
    files_.erase(line.path);
  else
    files_[line.path] = {line.id, static_cast<unsigned>(at - std::begin(kDeathWords)) + 1};
}

void Deaths::rename(const std::string& from, const std::string& to) {
  auto node = files_.extract(from);
  files_.erase(to);
  if (node.empty()) return;
  node.key() = to;
  files_.insert(std::move(node));
}

unsigned Deaths::of(const std::string& path, const Identity& id) const {
  const auto known = files_.find(path);
  return known != files_.end() && known->second.id == id ? known->second.deaths : 0;
}

}  // namespace stoq::plugins::files
