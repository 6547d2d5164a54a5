// SPDX-License-Identifier: Apache-2.0
#include "tlds.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "charset.h"
#include "lines.h"
#include "stoq/sdk/views.h"

namespace stoq::plugins::iocextract {
namespace {

std::size_t label_hash(std::string_view label) {
  std::uint32_t hash = 2166136261;
  for (const char c : label) hash = (hash ^ static_cast<unsigned char>(lower(c))) * 16777619;
  return hash ^ hash >> 15;
}

}  // namespace

Tlds::Tlds(std::string_view text, const std::string& file) {
  std::vector<std::string> names;
  for_each_line(text, [&](std::string_view line, std::size_t number) {
    if (line.size() > kMaxLength ||
        !std::ranges::all_of(line, [](char c) { return is(c, kLabel); }))
      throw sdk::Error(file + ":" + std::to_string(number) + ": '" +
                       std::string(line.substr(0, kMaxLength)) +
                       "' is no top-level domain; write one a line, in ASCII (xn--…)");
    std::ranges::transform(line, std::back_inserter(names.emplace_back()), lower);
  });
  if (names.empty()) throw sdk::Error(file + ": it names no top-level domain; write one a line");
  slots_.resize(std::bit_ceil(names.size() * 2));
  for (const std::string& name : names) insert(name);
}

void Tlds::insert(const std::string& name) {
  std::size_t slot = label_hash(name) & (slots_.size() - 1);
  while (!slots_[slot].empty() && slots_[slot] != name) slot = (slot + 1) & (slots_.size() - 1);
  if (slots_[slot].empty()) ++size_;
  slots_[slot] = name;
  longest_ = std::max(longest_, name.size());
}

bool Tlds::contains(std::string_view label) const {
  if (label.empty() || label.size() > longest_) return false;
  std::size_t slot = label_hash(label) & (slots_.size() - 1);
  for (; !slots_[slot].empty(); slot = (slot + 1) & (slots_.size() - 1))
    if (std::ranges::equal(slots_[slot], label, {}, {}, lower)) return true;
  return false;
}

}  // namespace stoq::plugins::iocextract
