// SPDX-License-Identifier: Apache-2.0
#include "grammar.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

#include "charset.h"

namespace stoq::plugins::iocextract {
namespace {

// U+00C0 to U+07FF: the letters of alphabets. Beyond lie punctuation, and scripts that are written
// without spaces, where a name may follow directly.
bool is_alphabetic(char first, char second) {
  const auto a = static_cast<unsigned char>(first), b = static_cast<unsigned char>(second);
  return a >= 0xC3 && a <= 0xDF && b >= 0x80 && b <= 0xBF;
}

char closing(char open) {
  switch (open) {
    case '[':
      return ']';
    case '<':
      return '>';
    case '{':
      return '}';
    case '(':
      return ')';
    default:
      return '\0';
  }
}

bool equal(const char* text, std::string_view lower_case) {
  return std::equal(lower_case.begin(), lower_case.end(), text,
                    [](char a, char b) { return a == lower(b); });
}

}  // namespace

bool Grammar::word_at(const char* p) const {
  return p != end_ && (is(*p, kWord) || (end_ - p > 1 && is_alphabetic(p[0], p[1])));
}

bool Grammar::word_before(const char* p) const {
  return p != begin_ && (is(p[-1], kWord) || (p - begin_ > 1 && is_alphabetic(p[-2], p[-1])));
}

const char* Grammar::skip(const char* p, unsigned which, std::size_t most) const {
  const char* const end = p + std::min(most, static_cast<std::size_t>(end_ - p));
  while (p != end && is(*p, which)) ++p;
  return p;
}

std::size_t Grammar::sign_at(const char* p, char plain, std::string_view word) const {
  if (p == end_) return 0;
  if (*p == plain) return 1;
  const char close = closing(*p);
  const auto left = static_cast<std::size_t>(end_ - p);
  if (!close || left < 3) return 0;
  if (p[1] == plain && p[2] == close) return 3;
  const std::size_t size = word.size() + 2;
  return left >= size && p[size - 1] == close && equal(p + 1, word) ? size : 0;
}

// The size of the top-level domain that a label is, or that it begins with up to a hyphen.
std::size_t Grammar::tld_in(const char* label, const char* label_end) const {
  const auto size = static_cast<std::size_t>(label_end - label);
  if (!word_at(label_end) && tlds_.contains({label, size})) return size;
  for (std::size_t i = std::min(size, kMaxLabel); i-- > 1;)
    if (label[i] == '-' && tlds_.contains({label, i})) return i;
  return 0;
}

Grammar::Name Grammar::name_at(const char* p) const {
  Name name{nullptr, p};
  for (const char* label = p;;) {
    const char* const label_end = skip(label, kLabel, static_cast<std::size_t>(end_ - label));
    if (label_end == label) return name;
    name.run = label_end;
    if (label != p)
      if (const std::size_t tld = tld_in(label, label_end)) name.end = label + tld;
    if (static_cast<std::size_t>(label_end - label) > kMaxLabel) return name;
    const std::size_t dot = dot_at(label_end);
    if (dot == 0) return name;
    label = label_end + dot;
  }
}

// Of the last octet as many digits as make one.
const char* Grammar::ipv4_at(const char* p) const {
  for (int octet = 1;; ++octet) {
    int value = 0;
    const char* const digits = p;
    const char* const digits_end = skip(p, kDigit, 3);
    while (p != digits_end && value * 10 + (*p - '0') <= 255) value = value * 10 + (*p++ - '0');
    if (p == digits) return nullptr;
    if (octet == 4) return p;
    const std::size_t dot = dot_at(p);
    if (dot == 0) return nullptr;
    p += dot;
  }
}

// Groups of hex digits and colons, perhaps with an IPv4 address as the last. With no digit and but
// two colons it is rather a name, such as a::b.
Grammar::Address Grammar::ipv6_at(const char* p) const {
  const char* group = p;
  const char* end = p;
  std::size_t colons = 0, digits = 0;
  for (; end != end_ && (is(*end, kHex) || *end == ':'); ++end) {
    digits += is(*end, kDigit);
    if (*end != ':') continue;
    ++colons;
    group = end + 1;
  }
  Address found{nullptr, end};
  if (end != end_ && *end == '.') {
    const char* const tail = ipv4_at(group);
    if (tail && std::all_of(group, tail, [](char c) { return is(c, kDigit) || c == '.'; }))
      found.run = end = tail;
  }
  if (end - p > 2 && end[-1] == ':' && end[-2] != ':') --end;
  const auto size = static_cast<std::size_t>(end - p);
  if (colons < 2 || (digits == 0 && colons == 2) || size > kMaxAddress || word_at(end))
    return found;
  std::array<char, kMaxAddress + 1> text{};
  std::copy(p, end, text.begin());
  std::array<unsigned char, 16> address;
  if (inet_pton(AF_INET6, text.data(), address.data()) == 1) found.end = end;
  return found;
}

Grammar::Pairs Grammar::pairs_at(const char* p) const {
  const auto pair = [this](const char* at) {
    return end_ - at >= 2 && is(at[0], kHex) && is(at[1], kHex) && !word_at(at + 2);
  };
  std::size_t count = 0;
  const char* end = p;
  for (; pair(p); ++p) {
    ++count;
    end = p += 2;
    if (p == end_ || (*p != ':' && *p != '-')) break;
  }
  return {end, count == 6};
}

std::size_t Grammar::scheme_before(const char* p) const {
  const auto before = static_cast<std::size_t>(p - begin_);
  const std::size_t s = before >= 5 && lower(p[-1]) == 's' ? 1 : 0;
  if (before < 4 + s) return 0;
  for (const std::string_view scheme : {"http", "hxxp", "meow"})
    if (equal(p - 4 - s, scheme)) return 4 + s;
  return 0;
}

void refang(std::string_view name, std::string& out) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char close = closing(name[i]);
    out.push_back(close ? '.' : lower(name[i]));
    if (close) i = std::min(name.find(close, i), name.size());
  }
}

std::string_view name_tail(std::string_view name) {
  if (name.size() <= kMaxName) return name;
  return name.substr(name.find('.', name.size() - kMaxName - 1) + 1);
}

}  // namespace stoq::plugins::iocextract
