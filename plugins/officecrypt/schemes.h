// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "primitives.h"

namespace stoq::plugins::officecrypt {

/// How the stream EncryptionInfo says that a package is encrypted (MS-OFFCRYPTO). One thread.
class Scheme {
 public:
  enum class Try : std::uint8_t { fits, wrong, cancelled };

  virtual ~Scheme() = default;
  /// Whether the password is right; it is kept for decrypt() then.
  virtual Try attempt(std::string_view password, const std::function<bool()>& cancelled) = 0;
  /// The stream EncryptedPackage without its first eight bytes.
  virtual Block decrypt(Bytes package) const = 0;

  std::string name;    // "standard", "agile"
  std::string cipher;  // "AES-256-CBC"
  std::string hash;    // "SHA512"
  std::uint32_t spin_count = 0;
};

/// Nothing, and `problem` says why, where it cannot be read or is none of ours.
std::unique_ptr<Scheme> read_scheme(Bytes info, std::string& problem);

}  // namespace stoq::plugins::officecrypt
