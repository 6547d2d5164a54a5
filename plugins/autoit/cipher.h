// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <random>
#include <variant>
#include <vector>

#include "carving/bytes.h"

namespace stoq::plugins::autoit {

enum class Version : std::uint8_t { ea05, ea06 };

/// The stream of bytes that AutoIt XORs onto others: of a Mersenne twister in EA05, of a RANROT
/// generator in EA06. One thread at a time.
class Cipher {
 public:
  Cipher(Version version, std::uint32_t key);
  std::uint8_t next();

 private:
  // Fog's RANROT, type B, with 17 words of state.
  class Ranrot {
   public:
    explicit Ranrot(std::uint32_t key);
    std::uint32_t next();

   private:
    std::array<std::uint32_t, 17> state_;
    unsigned a_ = 0, b_ = 10;
  };

  using Generator = std::variant<std::mt19937, Ranrot>;

  Generator generator_;
};

/// `b` without its encryption, or with it: both are the same.
std::vector<std::uint8_t> crypt(Version version, std::uint32_t key, carving::Bytes b);

}  // namespace stoq::plugins::autoit
