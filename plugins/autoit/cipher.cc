// SPDX-License-Identifier: Apache-2.0
#include "cipher.h"

#include <algorithm>
#include <bit>

namespace stoq::plugins::autoit {

Cipher::Ranrot::Ranrot(std::uint32_t key) {
  for (std::uint32_t& word : state_) word = key = key * 2891336453u + 1;
  for (int warm = 0; warm < 9; ++warm) next();
}

std::uint32_t Cipher::Ranrot::next() {
  const std::uint32_t value = std::rotl(state_[a_], 9) + std::rotl(state_[b_], 13);
  state_[a_] = value;
  a_ = a_ == 0 ? 16 : a_ - 1;
  b_ = b_ == 0 ? 16 : b_ - 1;
  return value;
}

Cipher::Cipher(Version version, std::uint32_t key)
    : generator_(version == Version::ea05 ? Generator(std::mt19937(key)) : Generator(Ranrot(key))) {
}

std::uint8_t Cipher::next() {
  if (auto* twister = std::get_if<std::mt19937>(&generator_))
    return static_cast<std::uint8_t>((*twister)() >> 1);
  auto& ranrot = std::get<Ranrot>(generator_);
  ranrot.next();  // every other value is used
  return static_cast<std::uint8_t>(ranrot.next() >> 24);
}

std::vector<std::uint8_t> crypt(Version version, std::uint32_t key, carving::Bytes b) {
  std::vector<std::uint8_t> out(b.begin(), b.end());
  Cipher cipher(version, key);
  for (std::uint8_t& byte : out) byte = static_cast<std::uint8_t>(byte ^ cipher.next());
  return out;
}

}  // namespace stoq::plugins::autoit
