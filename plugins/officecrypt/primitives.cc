// SPDX-License-Identifier: Apache-2.0
#include "primitives.h"

#include <openssl/evp.h>

#include <new>

namespace stoq::plugins::officecrypt {
namespace {

constexpr std::uint32_t kRoundsBetweenLooks = 4096;
constexpr std::size_t kBlock = 16;

void need(int done) {
  if (done != 1) throw std::bad_alloc();
}

}  // namespace

void Digest::Free::operator()(evp_md_ctx_st* context) const {
  EVP_MD_CTX_free(context);
}

std::optional<Digest> Digest::of(std::string_view name) {
  std::string plain(name);
  std::erase(plain, '-');
  Digest digest;
  if (plain == "SHA1") digest.kind_ = EVP_sha1();
  if (plain == "SHA256") digest.kind_ = EVP_sha256();
  if (plain == "SHA384") digest.kind_ = EVP_sha384();
  if (plain == "SHA512") digest.kind_ = EVP_sha512();
  if (plain == "MD5") digest.kind_ = EVP_md5();
  if (!digest.kind_) return std::nullopt;
  digest.context_.reset(EVP_MD_CTX_new());
  if (!digest.context_) throw std::bad_alloc();
  return digest;
}

std::size_t Digest::size() const {
  return static_cast<std::size_t>(EVP_MD_get_size(kind_));
}

Block Digest::operator()(Bytes first, Bytes second) const {
  Block out(size());
  need(EVP_DigestInit_ex(context_.get(), kind_, nullptr));
  need(EVP_DigestUpdate(context_.get(), first.data(), first.size()));
  need(EVP_DigestUpdate(context_.get(), second.data(), second.size()));
  need(EVP_DigestFinal_ex(context_.get(), out.data(), nullptr));
  return out;
}

bool Digest::spin(Block& value, std::uint32_t rounds,
                  const std::function<bool()>& cancelled) const {
  for (std::uint32_t i = 0; i < rounds; ++i) {
    if (i % kRoundsBetweenLooks == 0 && cancelled()) return false;
    const std::uint8_t counter[4] = {
        static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8),
        static_cast<std::uint8_t>(i >> 16), static_cast<std::uint8_t>(i >> 24)};
    need(EVP_DigestInit_ex(context_.get(), kind_, nullptr));
    need(EVP_DigestUpdate(context_.get(), counter, sizeof counter));
    need(EVP_DigestUpdate(context_.get(), value.data(), value.size()));
    value.resize(size());
    need(EVP_DigestFinal_ex(context_.get(), value.data(), nullptr));
  }
  return true;
}

Block decrypt_aes(Bytes key, Chaining chaining, Bytes iv, Bytes data) {
  const bool cbc = chaining == Chaining::cbc;
  const EVP_CIPHER* cipher = key.size() == 16   ? (cbc ? EVP_aes_128_cbc() : EVP_aes_128_ecb())
                             : key.size() == 24 ? (cbc ? EVP_aes_192_cbc() : EVP_aes_192_ecb())
                             : key.size() == 32 ? (cbc ? EVP_aes_256_cbc() : EVP_aes_256_ecb())
                                                : nullptr;
  if (!cipher || (cbc && iv.size() < kBlock)) return {};
  const std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> context(
      EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  if (!context) throw std::bad_alloc();
  need(EVP_DecryptInit_ex(context.get(), cipher, nullptr, key.data(), cbc ? iv.data() : nullptr));
  EVP_CIPHER_CTX_set_padding(context.get(), 0);
  Block out(data.size() / kBlock * kBlock);
  constexpr std::size_t kPiece = 1 << 20;  // its sizes are int
  for (std::size_t at = 0; at < out.size(); at += kPiece) {
    int size = 0;
    const std::size_t piece = std::min(kPiece, out.size() - at);
    need(EVP_DecryptUpdate(context.get(), out.data() + at, &size, data.data() + at,
                           static_cast<int>(piece)));
  }
  return out;
}

Block utf16_of(std::string_view utf8) {
  Block out;
  const auto unit = [&](char32_t u) {
    out.push_back(static_cast<std::uint8_t>(u));
    out.push_back(static_cast<std::uint8_t>(u >> 8));
  };
  for (std::size_t i = 0; i < utf8.size();) {
    const auto byte = static_cast<std::uint8_t>(utf8[i]);
    const std::size_t size = byte < 0x80 ? 1 : byte < 0xE0 ? 2 : byte < 0xF0 ? 3 : 4;
    char32_t point = byte < 0x80 ? byte : byte & (0xFFu >> (size + 1));
    for (std::size_t k = 1; k < size && i + k < utf8.size(); ++k)
      point = point << 6 | (static_cast<std::uint8_t>(utf8[i + k]) & 63u);
    i += size;
    if (point < 0x10000) {
      unit(point);
    } else {
      unit(0xD800 + ((point - 0x10000) >> 10 & 0x3FF));
      unit(0xDC00 + ((point - 0x10000) & 0x3FF));
    }
  }
  return out;
}

Block little_endian(std::uint32_t value) {
  return {static_cast<std::uint8_t>(value), static_cast<std::uint8_t>(value >> 8),
          static_cast<std::uint8_t>(value >> 16), static_cast<std::uint8_t>(value >> 24)};
}

}  // namespace stoq::plugins::officecrypt
