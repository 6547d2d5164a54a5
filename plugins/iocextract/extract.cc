// SPDX-License-Identifier: Apache-2.0
#include "extract.h"

#include "extractor.h"

namespace stoq::plugins::iocextract {
namespace {

using namespace std::string_view_literals;

// Wide text is brought to bytes in stretches that end at a blank, or at twice this size.
constexpr std::size_t kStretch = 1 << 20;

struct Encoding {
  std::string_view mark;
  std::size_t unit;
  bool big_endian;
};

constexpr Encoding kEncodings[] = {{"\xFF\xFE\0\0"sv, 4, false},
                                   {"\0\0\xFE\xFF"sv, 4, true},
                                   {"\xFF\xFE"sv, 2, false},
                                   {"\xFE\xFF"sv, 2, true}};

std::uint32_t unit_at(std::string_view text, std::size_t at, const Encoding& encoding) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < encoding.unit; ++i) {
    const std::size_t place = encoding.big_endian ? i : encoding.unit - 1 - i;
    value = value << 8 | static_cast<unsigned char>(text[at + place]);
  }
  return value;
}

// As UTF-8, but for what no indicator has to do with: that is one byte.
void append_unit(std::uint32_t value, std::string& out) {
  if (value < 0x80) {
    out.push_back(static_cast<char>(value));
  } else if (value < 0x800) {
    out.push_back(static_cast<char>(0xC0 | value >> 6));
    out.push_back(static_cast<char>(0x80 | (value & 0x3F)));
  } else {
    out.push_back('\x80');
  }
}

Cut extract_wide(std::string_view text, const Encoding& encoding, const Names& names,
                 Indicators& found) {
  Cut all;
  std::string stretch;
  const auto flush = [&] {
    all.urls += Extractor(stretch, names, found).run().urls;
    stretch.clear();
  };
  for (std::size_t at = encoding.mark.size(); at + encoding.unit <= text.size();
       at += encoding.unit) {
    const std::uint32_t value = unit_at(text, at, encoding);
    append_unit(value, stretch);
    if ((value <= ' ' && stretch.size() >= kStretch) || stretch.size() >= 2 * kStretch) flush();
  }
  flush();
  return all;
}

}  // namespace

Cut extract(std::string_view text, const Names& names, Indicators& found) {
  for (const Encoding& encoding : kEncodings)
    if (text.starts_with(encoding.mark)) return extract_wide(text, encoding, names, found);
  return Extractor(text, names, found).run();
}

}  // namespace stoq::plugins::iocextract
