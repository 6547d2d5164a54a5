// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "office/bytes.h"

struct evp_md_ctx_st;
struct evp_md_st;

namespace stoq::plugins::officecrypt {

using office::Bytes;
using Block = std::vector<std::uint8_t>;

/// Digests of one kind, one after another. One thread.
class Digest {
 public:
  /// "SHA1", "SHA256", "SHA384", "SHA512", "MD5"; with or without a hyphen.
  static std::optional<Digest> of(std::string_view name);

  Block operator()(Bytes first, Bytes second = {}) const;
  /// `value` becomes the digest of a counter and itself, `rounds` times. False: `cancelled` said so.
  bool spin(Block& value, std::uint32_t rounds, const std::function<bool()>& cancelled) const;
  std::size_t size() const;

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
  const evp_md_st* kind_ = nullptr;
};

enum class Chaining : std::uint8_t { ecb, cbc };
/// AES without padding, by the length of the key; `data` is cut to whole blocks. Empty when the key
/// has no length that AES knows.
Block decrypt_aes(Bytes key, Chaining chaining, Bytes iv, Bytes data);

/// A password as the formats hash it: UTF-16, the lower byte first.
Block utf16_of(std::string_view utf8);
Block little_endian(std::uint32_t value);

}  // namespace stoq::plugins::officecrypt
