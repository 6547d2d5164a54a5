// SPDX-License-Identifier: Apache-2.0
#include "xor_key.h"

#include <algorithm>
#include <span>

namespace stoq::plugins::yara {
namespace {

using Bytes = std::span<const std::uint8_t>;

std::size_t period(const XorKey& key) {
  std::size_t length = 1;
  while (!std::equal(key.begin() + static_cast<std::ptrdiff_t>(length), key.end(), key.begin()))
    ++length;
  return length;
}

XorKey shortest_key(Bytes data, Bytes plain) {
  if (data.size() != plain.size() || plain.empty()) return {};
  XorKey key(data.size());
  std::ranges::transform(data, plain, key.begin(),
                         [](auto a, auto b) { return static_cast<std::uint8_t>(a ^ b); });
  key.resize(period(key));
  if (key == XorKey{0}) return {};
  return key;
}

XorKey single_byte(XorKey key) {
  return key.size() == 1 ? std::move(key) : XorKey();
}

// A string with the xor modifier has one byte as key, over its wide form as well.
XorKey modifier_key(Bytes data, Bytes plain) {
  if (data.size() != plain.size() * 2) return single_byte(shortest_key(data, plain));
  std::vector<std::uint8_t> wide;
  for (auto byte : plain) wide.insert(wide.end(), {byte, 0});
  return single_byte(shortest_key(data, wide));
}

}  // namespace

XorKey xor_key_of(const Match& match, const StringHit& hit) {
  std::string name = "xor_plaintext_for_string_";
  if (!hit.name.empty()) name += hit.name.substr(1);
  if (const auto* meta = match.meta(name)) {
    const auto* text = std::get_if<std::string_view>(&meta->value);
    if (text == nullptr) return {};
    return shortest_key(hit.data,
                        {reinterpret_cast<const std::uint8_t*>(text->data()), text->size()});
  }
  if (hit.xor_text.empty()) return {};
  return modifier_key(hit.data, hit.xor_text);
}

XorKey from_start(const XorKey& key, std::uint64_t offset) {
  XorKey turned(key.size());
  for (std::size_t i = 0; i < key.size(); ++i) turned[(offset + i) % key.size()] = key[i];
  return turned;
}

std::string decimals(const XorKey& key) {
  std::string out;
  for (auto byte : key) out += (out.empty() ? "" : ",") + std::to_string(byte);
  return out;
}

}  // namespace stoq::plugins::yara
