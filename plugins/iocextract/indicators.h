// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "text_set.h"

namespace stoq::plugins::iocextract {

enum class Kind { md5, sha1, sha256, sha512, ipv4, ipv6, mac_address, email, domain, url };

inline constexpr std::array<std::string_view, 10> kKindNames = {
    "md5", "sha1", "sha256", "sha512", "ipv4", "ipv6", "mac_address", "email", "domain", "url"};

class Whitelist;

/// Distinct indicators by kind, in the order of their first occurrence. One thread.
class Indicators {
 public:
  static constexpr std::size_t kMaxBytes = 6 << 20;  // keeps the result below the engine's limit

  /// Keeps at most `most` of a kind, none that the whitelist covers, and at most kMaxBytes of text
  /// in all. `whitelist` must outlive it.
  Indicators(const Whitelist& whitelist, std::size_t most) : whitelist_(whitelist), most_(most) {}

  void add(Kind kind, std::string_view text);
  /// `host`, of `host_kind`, is whom the URL leads to.
  void add_url(std::string_view text, Kind host_kind, std::string_view host);

  const std::deque<std::string>& of(Kind kind) const { return group(kind).texts.items(); }
  /// Hits for which there was no room; the same one counts each time.
  std::uint64_t left_out(Kind kind) const { return group(kind).left_out; }

 private:
  struct Group {
    TextSet texts;
    std::uint64_t left_out = 0;
  };
  Group& group(Kind kind) { return groups_[static_cast<std::size_t>(kind)]; }
  const Group& group(Kind kind) const { return groups_[static_cast<std::size_t>(kind)]; }
  void keep(Group& group, std::string_view text);

  const Whitelist& whitelist_;
  std::size_t most_, bytes_ = 0;
  std::array<Group, kKindNames.size()> groups_;
};

}  // namespace stoq::plugins::iocextract
