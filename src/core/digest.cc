// SPDX-License-Identifier: Apache-2.0
#include "core/digest.h"

#include <openssl/evp.h>

#include <utility>

#include "stoq/exceptions.h"

namespace stoq {
namespace {

const EVP_MD* algorithm() {
  static const EVP_MD* const md =
      EVP_MD_fetch(nullptr, "SHA256",
                   nullptr);  // fetched once: an implicit fetch costs more than a small digest
  if (!md) throw StoqException("OpenSSL offers no SHA-256 here; check its configuration");
  return md;
}

void begin(EVP_MD_CTX* ctx) {
  EVP_DigestInit_ex2(ctx, algorithm(), nullptr);
}

}  // namespace

Sha256Stream::Sha256Stream() : ctx_(EVP_MD_CTX_new()) {
  begin(ctx_);
}
Sha256Stream::~Sha256Stream() {
  EVP_MD_CTX_free(ctx_);
}
Sha256Stream::Sha256Stream(Sha256Stream&& other) noexcept
    : ctx_(std::exchange(other.ctx_, nullptr)) {}
Sha256Stream& Sha256Stream::operator=(Sha256Stream&& other) noexcept {
  std::swap(ctx_, other.ctx_);
  return *this;
}

void Sha256Stream::update(Bytes chunk) {
  EVP_DigestUpdate(ctx_, chunk.data(), chunk.size());
}

Sha256 Sha256Stream::finish() {
  Sha256 digest;
  EVP_DigestFinal_ex(ctx_, digest.data(), nullptr);
  begin(ctx_);
  return digest;
}

Sha256 sha256_of(Bytes content) {
  thread_local Sha256Stream stream;
  stream.update(content);
  return stream.finish();
}

}  // namespace stoq
