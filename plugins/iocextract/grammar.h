// SPDX-License-Identifier: Apache-2.0
//
// What indicators look like, each at a given place of a text.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "tlds.h"

namespace stoq::plugins::iocextract {

inline constexpr std::size_t kMaxLabel = 63;    // of a domain name, as DNS has it
inline constexpr std::size_t kMaxName = 253;    // the whole name, dots included
inline constexpr std::size_t kMaxAddress = 45;  // an IPv6 address as text

/// A text whose places are pointers into it. Each method looks at one place, and forward no farther
/// than what it accepts or rejects reaches. Stateless.
class Grammar {
 public:
  Grammar(std::string_view text, const Tlds& tlds)
      : begin_(text.data()), end_(begin_ + text.size()), tlds_(tlds) {}

  struct Name {
    const char* end = nullptr;  // of the name that ends in a top-level domain; null: none
    const char* run = nullptr;  // where labels and dots end
  };
  struct Address {
    const char* end = nullptr;  // null: none
    const char* run = nullptr;  // where what looks like one ends
  };
  struct Pairs {
    const char* end;
    bool six;
  };

  const char* begin() const { return begin_; }
  const char* end() const { return end_; }

  /// A letter, digit or _ stands there, or a letter of another alphabet in UTF-8.
  bool word_at(const char* p) const;
  bool word_before(const char* p) const;

  /// The size of a dot or @ in any of its spellings ("[.]", "(dot)", "<AT>"…), or 0.
  std::size_t dot_at(const char* p) const { return sign_at(p, '.', "dot"); }
  std::size_t at_sign_at(const char* p) const { return sign_at(p, '@', "at"); }

  Name name_at(const char* p) const;
  const char* ipv4_at(const char* p) const;  // its end, or null
  Address ipv6_at(const char* p) const;
  Pairs pairs_at(const char* p) const;  // of hex digits, with : or - between them
  /// The size of http, hxxp or meow, with an s or not, right before p; or 0.
  std::size_t scheme_before(const char* p) const;

 private:
  std::size_t sign_at(const char* p, char plain, std::string_view word) const;
  std::size_t tld_in(const char* label, const char* label_end) const;
  const char* skip(const char* p, unsigned which, std::size_t most) const;

  const char* begin_;
  const char* end_;
  const Tlds& tlds_;
};

/// Appends a name or address without brackets and in lower case: "EVIL[.]net" is "evil.net".
void refang(std::string_view name, std::string& out);

/// The last kMaxName bytes of a refanged name, cut at a dot.
std::string_view name_tail(std::string_view name);

}  // namespace stoq::plugins::iocextract
