// SPDX-License-Identifier: Apache-2.0
//
// MD5, SHA-1 and SHA-256. The last one the engine knows already.
#include <openssl/evp.h>

#include <array>

#include "stoq/sdk/plugin.h"

namespace stoq::plugins::hash {
namespace {

constexpr size_t kChunk = 16 << 10;  // both digests while it is in the nearest cache

class Digest {
 public:
  explicit Digest(const EVP_MD* md) : md_(md), ctx_(EVP_MD_CTX_new()) {}
  ~Digest() { EVP_MD_CTX_free(ctx_); }
  Digest(const Digest&) = delete;
  Digest& operator=(const Digest&) = delete;

  void begin() { EVP_DigestInit_ex2(ctx_, md_, nullptr); }
  void update(std::span<const uint8_t> chunk) {
    EVP_DigestUpdate(ctx_, chunk.data(), chunk.size());
  }
  std::span<const uint8_t> finish() {
    unsigned size = 0;
    EVP_DigestFinal_ex(ctx_, bytes_.data(), &size);
    return {bytes_.data(), size};
  }

 private:
  const EVP_MD* md_;
  EVP_MD_CTX* ctx_;
  std::array<uint8_t, EVP_MAX_MD_SIZE> bytes_;
};

void append_hex(std::string& out, std::span<const uint8_t> bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  for (const uint8_t byte : bytes) {
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
}

class Hash {
 public:
  Hash()
      : md5_(EVP_MD_fetch(nullptr, "MD5", nullptr)), sha1_(EVP_MD_fetch(nullptr, "SHA1", nullptr)) {
    if (!md5_ || !sha1_)
      throw sdk::Error(
          "OpenSSL here offers no MD5 or no SHA-1; check its configuration (FIPS mode?)");
  }
  ~Hash() {
    EVP_MD_free(md5_);
    EVP_MD_free(sha1_);
  }

  struct Thread {
    explicit Thread(const Hash& hash) : md5(hash.md5_), sha1(hash.sha1_) {}
    Digest md5, sha1;
    std::string json;
  };

  void scan(const sdk::Payload& payload, sdk::Call& call, Thread& thread) const {
    thread.md5.begin();
    thread.sha1.begin();
    for (std::span<const uint8_t> rest = payload.content(); !rest.empty();) {
      const auto chunk = rest.first(std::min(kChunk, rest.size()));
      thread.md5.update(chunk);
      thread.sha1.update(chunk);
      rest = rest.subspan(chunk.size());
    }
    std::string& json = thread.json;
    json.assign(R"({"sha256": ")");
    append_hex(json, payload.sha256());
    json.append(R"(", "md5": ")");
    append_hex(json, thread.md5.finish());
    json.append(R"(", "sha1": ")");
    append_hex(json, thread.sha1.finish());
    json.append("\"}");
    call.result(json);
  }

 private:
  EVP_MD* md5_;
  EVP_MD* sha1_;
};

}  // namespace

STOQ_PLUGIN(Hash, "hash", "4.0.0")

}  // namespace stoq::plugins::hash
