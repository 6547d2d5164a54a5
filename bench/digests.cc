// SPDX-License-Identifier: Apache-2.0
#include "bench/digests.h"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace stoq::bench {

Digests::Digests() {
  static constexpr const char* kNames[] = {"MD5", "SHA1", "SHA256"};
  for (size_t i = 0; i < all_.size(); ++i) {
    all_[i] = {EVP_MD_fetch(nullptr, kNames[i], nullptr), EVP_MD_CTX_new()};
    if (!all_[i].algorithm)
      throw std::runtime_error("OpenSSL here offers no " + std::string(kNames[i]));
  }
}

Digests::~Digests() {
  for (const One& one : all_) {
    EVP_MD_CTX_free(one.context);
    EVP_MD_free(one.algorithm);
  }
}

void Digests::begin() {
  for (const One& one : all_) EVP_DigestInit_ex2(one.context, one.algorithm, nullptr);
}

void Digests::update(std::span<const uint8_t> bytes) {
  constexpr size_t kChunk = 16 << 10;  // all three while it is in the nearest cache
  while (!bytes.empty()) {
    const auto chunk = bytes.first(std::min(kChunk, bytes.size()));
    for (const One& one : all_) EVP_DigestUpdate(one.context, chunk.data(), chunk.size());
    bytes = bytes.subspan(chunk.size());
  }
}

uint8_t Digests::finish() {
  uint8_t mixed = 0;
  for (const One& one : all_) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    EVP_DigestFinal_ex(one.context, digest, nullptr);
    mixed ^= digest[0];
  }
  return mixed;
}

}  // namespace stoq::bench
