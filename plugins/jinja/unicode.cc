// SPDX-License-Identifier: Apache-2.0
#include "unicode.h"

#include <locale.h>
#include <wctype.h>

#include <algorithm>
#include <iterator>
#include <span>

namespace stoq::plugins::jinja {
namespace {

// Part of the C library itself, so there is no file to be read.
locale_t unicode() {
  static const locale_t locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return locale;
}

bool ascii(char32_t point) {
  return point < 0x80 || !unicode();
}

wint_t wide(char32_t point) {
  return static_cast<wint_t>(point);
}

struct Range {
  char32_t first, last;
};

bool within(std::span<const Range> ranges, char32_t point) {
  const auto range = std::lower_bound(ranges.begin(), ranges.end(), point,
                                      [](const Range& r, char32_t p) { return r.last < p; });
  return range != ranges.end() && range->first <= point;
}

// Format characters, separators, surrogates and private ones, beyond ASCII.
constexpr Range kHidden[] = {
    {0x80, 0xA0},       {0xAD, 0xAD},        {0x600, 0x605},     {0x61C, 0x61C},
    {0x6DD, 0x6DD},     {0x70F, 0x70F},      {0x890, 0x891},     {0x8E2, 0x8E2},
    {0x1680, 0x1680},   {0x180E, 0x180E},    {0x2000, 0x200F},   {0x2028, 0x202F},
    {0x205F, 0x2064},   {0x2066, 0x206F},    {0x3000, 0x3000},   {0xD800, 0xF8FF},
    {0xFEFF, 0xFEFF},   {0xFFF9, 0xFFFB},    {0x110BD, 0x110BD}, {0x110CD, 0x110CD},
    {0x13430, 0x13438}, {0x1BCA0, 0x1BCA3},  {0x1D173, 0x1D17A}, {0xE0001, 0xE0001},
    {0xE0020, 0xE007F}, {0xF0000, 0x10FFFF},
};

constexpr Range kSpace[] = {
    {0x09, 0x0D},     {0x1C, 0x20},     {0x85, 0x85},     {0xA0, 0xA0},     {0x1680, 0x1680},
    {0x2000, 0x200A}, {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000},
};

}  // namespace

char32_t upper_point(char32_t point) {
  if (ascii(point)) return point >= 'a' && point <= 'z' ? point - 32 : point;
  return static_cast<char32_t>(towupper_l(wide(point), unicode()));
}

char32_t lower_point(char32_t point) {
  if (ascii(point)) return point >= 'A' && point <= 'Z' ? point + 32 : point;
  return static_cast<char32_t>(towlower_l(wide(point), unicode()));
}

bool is_upper_point(char32_t point) {
  if (ascii(point)) return point >= 'A' && point <= 'Z';
  return iswupper_l(wide(point), unicode());
}

bool is_lower_point(char32_t point) {
  if (ascii(point)) return point >= 'a' && point <= 'z';
  return iswlower_l(wide(point), unicode());
}

bool is_space(char32_t point) {
  return within(kSpace, point);
}

bool is_printable(char32_t point) {
  if (point < 0x80) return point >= 0x20 && point != 0x7F;
  if (within(kHidden, point)) return false;
  return !unicode() || iswprint_l(wide(point), unicode());
}

}  // namespace stoq::plugins::jinja
