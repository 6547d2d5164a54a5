// SPDX-License-Identifier: Apache-2.0
#include "whitelist.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

#include "charset.h"
#include "lines.h"
#include "stoq/sdk/views.h"

namespace stoq::plugins::iocextract {
namespace {

std::string lowered(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), lower);
  return out;
}

std::optional<unsigned> number_in(std::string_view text, unsigned most) {
  unsigned number = 0;
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  if (parsed.ec != std::errc() || parsed.ptr != end || number > most) return std::nullopt;
  return number;
}

std::optional<Kind> kind_of(std::string_view name) {
  const auto found = std::ranges::find(kKindNames, lowered(name));
  if (found == kKindNames.end()) return std::nullopt;
  return static_cast<Kind>(found - kKindNames.begin());
}

}  // namespace

// Octets are decimal, zeros in front or not.
std::optional<Whitelist::Address> Whitelist::address_of(Kind kind, std::string_view text) {
  Address address{};
  if (kind == Kind::ipv6) {
    const std::string ended(text);
    if (inet_pton(AF_INET6, ended.c_str(), address.data()) != 1) return std::nullopt;
    return address;
  }
  for (std::size_t i = 0; i < 4; ++i) {
    const std::size_t dot = i < 3 ? text.find('.') : text.size();
    if (dot == text.npos) return std::nullopt;
    const auto octet = number_in(text.substr(0, dot), 255);
    if (!octet) return std::nullopt;
    address[i] = static_cast<std::uint8_t>(*octet);
    text.remove_prefix(std::min(dot + 1, text.size()));
  }
  return address;
}

Whitelist::Address Whitelist::masked(Address address, unsigned bits) {
  for (std::uint8_t& byte : address) {
    const unsigned kept = std::min(bits, 8u);
    byte = static_cast<std::uint8_t>(byte & 0xFF00 >> kept);
    bits -= kept;
  }
  return address;
}

bool Whitelist::add_network(Kind kind, std::string_view pattern) {
  const unsigned width = kind == Kind::ipv4 ? 32 : 128;
  const std::size_t slash = pattern.find('/');
  const auto address = address_of(kind, pattern.substr(0, slash));
  const auto bits = slash == pattern.npos ? width : number_in(pattern.substr(slash + 1), width);
  if (!address || !bits) return false;
  (kind == Kind::ipv4 ? ipv4_ : ipv6_)[*bits].insert(masked(*address, *bits));
  return true;
}

bool Whitelist::add_pattern(Kind kind, std::string_view pattern) {
  if (kind == Kind::ipv4 || kind == Kind::ipv6) return add_network(kind, pattern);
  if (kind == Kind::domain) {
    if (pattern.starts_with('.')) pattern.remove_prefix(1);
    if (!std::ranges::all_of(pattern, [](char c) { return is(c, kLabel) || c == '.'; }))
      return false;
  }
  if (pattern.empty()) return false;
  texts_[static_cast<std::size_t>(kind)].insert(lowered(pattern));
  return true;
}

void Whitelist::add(std::string_view text, const std::string& file) {
  for_each_line(text, [&](std::string_view line, std::size_t number) {
    const auto fail = [&](const std::string& what) {
      return sdk::Error(file + ":" + std::to_string(number) + ": '" +
                        std::string(line.substr(0, 200)) + "' " + what);
    };
    const std::size_t colon = line.find(':');
    const auto kind = kind_of(line.substr(0, colon));
    if (colon == line.npos || !kind)
      throw fail(
          "does not begin with a type; write type:pattern with one of md5, sha1, sha256, sha512, "
          "ipv4, ipv6, mac_address, email, domain, url");
    std::string_view pattern = line.substr(colon + 1);
    pattern.remove_prefix(std::min(pattern.find_first_not_of(" \t"), pattern.size()));
    if (!add_pattern(*kind, pattern))
      throw fail(
          "has no pattern that fits its type; write such as ipv4:10.0.0.0/8, ipv6:fe80::/10, "
          "domain:example.com");
  });
}

bool Whitelist::covers_domain(std::string_view name) const {
  const Texts& domains = texts_[static_cast<std::size_t>(Kind::domain)];
  for (;;) {
    if (domains.contains(name)) return true;
    const std::size_t dot = name.find('.');
    if (dot == name.npos) return false;
    name.remove_prefix(dot + 1);
  }
}

bool Whitelist::covers(Kind kind, std::string_view indicator) const {
  if (kind == Kind::domain) return covers_domain(lowered(indicator));
  if (kind == Kind::ipv4 || kind == Kind::ipv6) {
    const Networks& networks = kind == Kind::ipv4 ? ipv4_ : ipv6_;
    const auto address = address_of(kind, indicator);
    return address && std::ranges::any_of(networks, [&](const auto& of_size) {
             return of_size.second.contains(masked(*address, of_size.first));
           });
  }
  const Texts& texts = texts_[static_cast<std::size_t>(kind)];
  return !texts.empty() && texts.contains(lowered(indicator));
}

}  // namespace stoq::plugins::iocextract
