// SPDX-License-Identifier: Apache-2.0
#include "text_set.h"

#include <sys/auxv.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace stoq::plugins::iocextract {
namespace {

__extension__ using Wide = unsigned __int128;
using Key = std::array<std::uint64_t, 2>;

constexpr std::size_t kMinSlots = 64;

// Of the random bytes that the kernel gives to each process.
Key make_key() {
  Key key{};
  if (const auto* random = reinterpret_cast<const void*>(getauxval(AT_RANDOM)))
    std::memcpy(key.data(), random, sizeof key);
  key[1] |= 1;
  return key;
}

std::uint64_t folded_product(std::uint64_t a, std::uint64_t b) {
  const Wide product = Wide{a} * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t hash_of(std::string_view text) {
  static const Key key = make_key();
  std::uint64_t hash = key[0] ^ text.size();
  while (!text.empty()) {
    std::uint64_t word = 0;
    const std::size_t size = std::min(text.size(), sizeof word);
    std::memcpy(&word, text.data(), size);
    hash = folded_product(hash ^ word, key[1]);
    text.remove_prefix(size);
  }
  return folded_product(hash, key[1]);
}

constexpr std::uint32_t tag_of(std::uint64_t hash) {
  return static_cast<std::uint32_t>(hash >> 32);
}

}  // namespace

bool TextSet::contains(std::string_view text) const {
  if (slots_.empty()) return false;
  const std::uint64_t hash = hash_of(text);
  for (std::size_t at = place_of(hash); slots_[at].number != 0; at = place_of(at + 1))
    if (slots_[at].tag == tag_of(hash) && items_[slots_[at].number - 1] == text) return true;
  return false;
}

void TextSet::insert(std::string_view text) {
  if (slots_.size() < 2 * (items_.size() + 1)) grow();
  items_.emplace_back(text);
  place(hash_of(text), items_.size());
}

void TextSet::place(std::uint64_t hash, std::size_t number) {
  std::size_t at = place_of(hash);
  while (slots_[at].number != 0) at = place_of(at + 1);
  slots_[at] = {tag_of(hash), static_cast<std::uint32_t>(number)};
}

void TextSet::grow() {
  slots_.assign(std::max(kMinSlots, 2 * slots_.size()), {});
  for (std::size_t number = 1; number <= items_.size(); ++number)
    place(hash_of(items_[number - 1]), number);
}

}  // namespace stoq::plugins::iocextract
