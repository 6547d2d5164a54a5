// SPDX-License-Identifier: Apache-2.0
#include "rar_keys.h"

#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <new>

#include "reader.h"

namespace stoq::plugins::decompress {
namespace {

constexpr std::uint64_t kMostRounds = std::uint64_t{1} << 22;  // of one password and archive
constexpr unsigned kMostPower = 21;                            // RAR writes 15
constexpr std::uint32_t kRounds4 = 0x40000, kRoundsPerByte = kRounds4 / 16;
constexpr std::size_t kLongest4 = 27;  // of a longer one RAR hashes something else

struct Free {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

void need(int done) {
  if (done != 1) throw std::bad_alloc();
}

const unsigned char* raw(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

/// UTF-16, little-endian. `utf8` is valid.
std::string utf16_of(std::string_view utf8) {
  std::string out;
  const auto put = [&](std::uint32_t unit) {
    out += static_cast<char>(unit);
    out += static_cast<char>(unit >> 8);
  };
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i++]);
    const int more = lead < 0x80 ? 0 : lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
    std::uint32_t c = more == 0 ? lead : lead & (0x3Fu >> more);
    for (int k = 0; k < more; ++k) c = c << 6 | (static_cast<unsigned char>(utf8[i++]) & 0x3Fu);
    if (c < 0x10000) {
      put(c);
    } else {
      put(0xD800 + ((c - 0x10000) >> 10));
      put(0xDC00 + ((c - 0x10000) & 0x3FF));
    }
  }
  return out;
}

std::string pbkdf2(std::string_view password, std::string_view salt, std::uint64_t rounds) {
  std::string out(32, '\0');
  need(PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), raw(salt),
                         static_cast<int>(salt.size()), static_cast<int>(rounds), EVP_sha256(), 32,
                         reinterpret_cast<unsigned char*>(out.data())));
  return out;
}

std::string sha256(std::string_view text) {
  std::string out(32, '\0');
  need(EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(out.data()), nullptr,
                  EVP_sha256(), nullptr));
  return out;
}

}  // namespace

std::vector<std::uint8_t> RarKey::decrypt(std::span<const std::uint8_t> bytes) const {
  std::vector<std::uint8_t> out(bytes.size() / 16 * 16);
  const std::unique_ptr<EVP_CIPHER_CTX, Free> context(EVP_CIPHER_CTX_new());
  if (!context) throw std::bad_alloc();
  need(EVP_DecryptInit_ex(context.get(), key.size() == 32 ? EVP_aes_256_cbc() : EVP_aes_128_cbc(),
                          nullptr, key.data(), first.data()));
  need(EVP_CIPHER_CTX_set_padding(context.get(), 0));
  constexpr std::size_t kPiece = std::size_t{1} << 24;
  for (std::size_t at = 0; at < out.size(); at += kPiece) {
    int made = 0;
    need(EVP_DecryptUpdate(context.get(), out.data() + at, &made, bytes.data() + at,
                           static_cast<int>(std::min(kPiece, out.size() - at))));
  }
  return out;
}

const RarKeys::Derived* RarKeys::derived(std::string_view salt, unsigned power) const {
  const auto known = std::find_if(known_.begin(), known_.end(), [&](const Derived& one) {
    return one.salt == salt && one.power == power;
  });
  return known == known_.end() ? nullptr : &*known;
}

bool RarKeys::may_spend(std::uint64_t rounds) {
  spent_ += rounds;
  return spent_ <= kMostRounds;
}

std::optional<RarKey> RarKeys::version4(std::string_view salt) {
  if (const auto* known = derived(salt, 0)) return known->key;
  const std::string password = is_utf8(password_) ? utf16_of(password_) : std::string();
  if (password.empty() || password.size() > 2 * kLongest4 || !may_spend(kRounds4))
    return std::nullopt;

  const std::unique_ptr<EVP_MD_CTX, Free> digest(EVP_MD_CTX_new()), copy(EVP_MD_CTX_new());
  if (!digest || !copy) throw std::bad_alloc();
  need(EVP_DigestInit_ex(digest.get(), EVP_sha1(), nullptr));
  const std::string seed = password + std::string(salt);
  std::array<std::uint8_t, 20> sum{};
  RarKey key;
  std::string rounds;
  for (std::uint32_t i = 0; i < kRounds4; ++i) {
    rounds += seed;
    for (int shift = 0; shift < 24; shift += 8) rounds += static_cast<char>(i >> shift);
    const bool gives_byte = i % kRoundsPerByte == 0;
    if (!gives_byte && i + 1 < kRounds4 && (i + 1) % 256 != 0) continue;
    need(EVP_DigestUpdate(digest.get(), rounds.data(), rounds.size()));
    rounds.clear();
    if (!gives_byte) continue;
    need(EVP_MD_CTX_copy_ex(copy.get(), digest.get()));
    need(EVP_DigestFinal_ex(copy.get(), sum.data(), nullptr));
    key.first[i / kRoundsPerByte] = sum.back();
  }
  need(EVP_DigestFinal_ex(digest.get(), sum.data(), nullptr));
  key.key.resize(16);
  for (std::size_t i = 0; i < 16; ++i) key.key[i] = sum[i / 4 * 4 + 3 - i % 4];
  known_.push_back({std::string(salt), 0, key, {}});
  return key;
}

std::optional<RarKey> RarKeys::version5(std::string_view salt, unsigned power,
                                        std::string_view check) {
  if (power > kMostPower) return std::nullopt;
  const Derived* known = derived(salt, power);
  if (!known) {
    const std::uint64_t rounds = std::uint64_t{1} << power;
    if (!may_spend(2 * rounds)) return std::nullopt;
    const std::string key = pbkdf2(password_, salt, rounds);
    const std::string whole = pbkdf2(password_, salt, rounds + 32);
    std::string folded(8, '\0');
    for (std::size_t i = 0; i < whole.size(); ++i)
      folded[i % 8] = static_cast<char>(folded[i % 8] ^ whole[i]);
    folded += sha256(folded).substr(0, 4);
    known_.push_back({std::string(salt), power, {{key.begin(), key.end()}, {}}, folded});
    known = &known_.back();
  }
  if (!check.empty() && check != known->check) return std::nullopt;
  return known->key;
}

}  // namespace stoq::plugins::decompress
