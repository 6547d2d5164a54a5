// SPDX-License-Identifier: Apache-2.0
#include "charset/charset.h"

#include <gtest/gtest.h>

namespace stoq::plugins::charset {
namespace {

using namespace std::string_view_literals;

TEST(Charset, ReadsWhatFilesName) {
  const Charsets charsets;
  const struct {
    std::string_view name, bytes, text;
  } cases[] = {
      {"utf-8", "T\xC3\xA4st", "Täst"},
      {"ISO-8859-1", "T\xE4st \x80", "Täst €"},
      {"windows-1251", "\xCF\xF0\xE8", "При"},
      {"cp1251", "\xCF\xF0\xE8", "При"},
      {"\"KOI8-R\" ", "\xF0\xD2\xC9", "При"},
      {"Shift_JIS", "\x83\x65", "テ"},
      {"iso-2022-jp", "\x1B$B%F\x1B(B", "テ"},
      {"gb2312", "\xD6\xD0", "中"},
      {"big5", "\xA4\xA4", "中"},
      {"ks_c_5601-1987", "\xC7\xD1", "한"},
      {"utf-7", "+AGE-b", "ab"},
      {"utf-16le", "a\0b\0"sv, "ab"},
      {"ibm850", "\x84", "ä"},
      {"x-mac-roman", "\x8A", "ä"},
  };
  for (const auto& c : cases) EXPECT_EQ(charsets.to_utf8(c.bytes, c.name), c.text) << c.name;
}

TEST(Charset, WhatMeansNothingIsReplaced) {
  const Charsets charsets;
  EXPECT_EQ(charsets.to_utf8("a\xFF\x62", "utf-8"),
            "a\xEF\xBF\xBD"
            "b");
  EXPECT_EQ(charsets.to_utf8("a\xC3", "utf-8"), "a\xEF\xBF\xBD");
  EXPECT_EQ(charsets.to_utf8("", "utf-8"), "");
}

TEST(Charset, BehindWhatMeansNothingWideTextGoesOn) {
  const Charsets charsets;
  EXPECT_EQ(charsets.to_utf8("a\0\0\xDC\x62\0"sv, "utf-16le"), "a\uFFFDb") << "a lower half alone";
  EXPECT_EQ(charsets.to_utf8("\0\xD8\x62\0\x63\0"sv, "utf-16le"), "\uFFFDbc") << "an upper one";
  EXPECT_EQ(charsets.to_utf8("\0a\xDC\0\0b"sv, "utf-16be"), "a\uFFFDb");
  EXPECT_EQ(charsets.to_utf8("\xFE\xFF\0a\xDC\0\0b"sv, "utf-16"), "a\uFFFDb");
  EXPECT_EQ(charsets.to_utf8("\xFF\xFE\0\0\0\0\x11\0b\0\0\0"sv, "utf-32"), "\uFFFDb");
}

TEST(Charset, AnUnknownOneIsTheCallers) {
  const Charsets charsets;
  for (const std::string_view name :
       {""sv, "x-nowhere"sv, "UTF-8//TRANSLIT"sv, "../../tmp/module"sv, "utf-8\0x"sv})
    EXPECT_EQ(charsets.to_utf8("a", name), std::nullopt) << name;
  EXPECT_EQ(charsets.text("T\xE4st", "x-nowhere"), "Täst");
  EXPECT_EQ(charsets.text("T\xC3\xA4st", ""), "Täst");
}

TEST(Charset, EveryConverterIsThere) {
  const Charsets charsets;
  for (const char* name : {"UTF-7", "CP874", "GB18030", "BIG5-HKSCS", "CP949", "JOHAB", "IBM037"})
    EXPECT_TRUE(charsets.to_utf8("a", name).has_value()) << name;
}

TEST(Charset, CodePages) {
  EXPECT_EQ(name_of_code_page(1252), "CP1252");
  EXPECT_EQ(name_of_code_page(65001), "UTF-8");
  EXPECT_EQ(name_of_code_page(28592), "ISO-8859-2");
  const Charsets charsets;
  EXPECT_FALSE(charsets.knows(name_of_code_page(4'000'000'000)));
}

}  // namespace
}  // namespace stoq::plugins::charset
