// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/evp.h>

#include <array>
#include <cstdint>
#include <span>

namespace stoq::bench {

// MD5, SHA-1 and SHA-256 in one pass with contexts that are used again. One thread.
class Digests {
 public:
  Digests();
  ~Digests();
  Digests(const Digests&) = delete;
  Digests& operator=(const Digests&) = delete;

  void begin();
  void update(std::span<const uint8_t> bytes);
  // A byte that depends on all three, so that none is left out.
  uint8_t finish();
  uint8_t of(std::span<const uint8_t> bytes) {
    begin();
    update(bytes);
    return finish();
  }

 private:
  struct One {
    EVP_MD* algorithm;
    EVP_MD_CTX* context;
  };
  std::array<One, 3> all_;
};

}  // namespace stoq::bench
