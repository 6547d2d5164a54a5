// SPDX-License-Identifier: Apache-2.0
//
// What a byte may be part of.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace stoq::plugins::iocextract {

enum CharClass : std::uint8_t {
  kWord = 1,   // letters, digits, _
  kLabel = 2,  // of a domain name: letters, digits, -
  kHex = 4,
  kDigit = 8,
  kLocal = 16,   // of an address, before the @
  kTail = 32,    // of a URL, behind the host
  kJoint = 64,   // behind a word, may make it part of an indicator
  kAnchor = 128  // : and @ and the brackets that may stand around an @
};

namespace detail {

constexpr auto make_classes() {
  std::array<std::uint8_t, 256> classes{};
  const auto mark = [&classes](std::string_view chars, int which) {
    for (const char c : chars) {
      auto& entry = classes[static_cast<unsigned char>(c)];
      entry = static_cast<std::uint8_t>(entry | which);
    }
  };
  mark("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", kWord | kLabel | kLocal | kTail);
  mark("0123456789", kWord | kLabel | kLocal | kTail | kHex | kDigit);
  mark("abcdefABCDEF", kHex);
  mark("_", kWord);
  mark("-", kLabel);
  mark("._%+-", kLocal);
  mark("/:+%._-=~&\\#?", kTail);
  mark(".-:[<{(", kJoint);
  mark(":@[<{(", kAnchor);
  return classes;
}

inline constexpr auto kClasses = make_classes();

}  // namespace detail

constexpr unsigned classes_of(char c) {
  return detail::kClasses[static_cast<unsigned char>(c)];
}

constexpr bool is(char c, unsigned which) {
  return (classes_of(c) & which) != 0;
}

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}

}  // namespace stoq::plugins::iocextract
