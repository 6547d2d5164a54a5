// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_set>

#include "indicators.h"

namespace stoq::plugins::iocextract {

/// What is not worth reporting. Immutable once filled, then thread-safe.
class Whitelist {
 public:
  /// `text`: lines "type:pattern" and # comments. Throws sdk::Error, which names `file` and line.
  void add(std::string_view text, const std::string& file);

  /// Addresses by the networks listed, a domain with all that lies below it, the rest by the exact
  /// text; in any case.
  bool covers(Kind kind, std::string_view indicator) const;

 private:
  using Address = std::array<std::uint8_t, 16>;
  using Networks = std::map<unsigned, std::set<Address>>;  // by length of the prefix
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Texts = std::unordered_set<std::string, Hash, std::equal_to<>>;

  static std::optional<Address> address_of(Kind kind, std::string_view text);
  static Address masked(Address address, unsigned bits);
  bool add_pattern(Kind kind, std::string_view pattern);
  bool add_network(Kind kind, std::string_view pattern);
  bool covers_domain(std::string_view name) const;

  std::array<Texts, kKindNames.size()> texts_;  // lower-case
  Networks ipv4_, ipv6_;
};

}  // namespace stoq::plugins::iocextract
