// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace stoq::plugins::decompress {

using Block16 = std::array<std::uint8_t, 16>;

/// What decrypts: AES in CBC with a key of 16 or 32 bytes.
struct RarKey {
  std::vector<std::uint8_t> key;
  Block16 first{};  // the block before the first; RAR 5 has its own beside each piece

  /// `bytes` without what is no whole block at the end.
  std::vector<std::uint8_t> decrypt(std::span<const std::uint8_t> bytes) const;
};

/// Keys of one password for one archive, each derived once. An archive that wants more work than a
/// real one does gets no more keys.
class RarKeys {
 public:
  explicit RarKeys(std::string password) : password_(std::move(password)) {}

  /// RAR 3 and 4: `salt` has 8 bytes, or none. Passwords of more than 27 characters are not known
  /// there.
  std::optional<RarKey> version4(std::string_view salt);

  /// RAR 5: 2^`power` rounds. `check`: empty, or the 12 bytes that tell a wrong password; nothing
  /// then, and where they are damaged.
  std::optional<RarKey> version5(std::string_view salt, unsigned power, std::string_view check);

 private:
  struct Derived {
    std::string salt;
    unsigned power;
    RarKey key;
    std::string check;
  };

  const Derived* derived(std::string_view salt, unsigned power) const;
  bool may_spend(std::uint64_t rounds);

  std::string password_;
  std::vector<Derived> known_;
  std::uint64_t spent_ = 0;
};

}  // namespace stoq::plugins::decompress
