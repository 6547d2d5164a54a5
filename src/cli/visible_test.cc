// SPDX-License-Identifier: Apache-2.0
#include "cli/visible.h"

#include <gtest/gtest.h>

#include <clocale>
#include <cwchar>

#include "stoq/sdk/json_detail.h"

namespace stoq::cli {
namespace {

constexpr size_t kAll = 1000;

std::string shown(std::string_view text) {
  return visible(text, kAll);
}

std::string utf8(char32_t point) {
  std::string out;
  sdk::detail::append_point(out, point);
  return out;
}

TEST(Visible, LeavesTextAlone) {
  EXPECT_EQ(shown(""), "");
  EXPECT_EQ(shown("invoice (2).pdf"), "invoice (2).pdf");
  EXPECT_EQ(shown("Größe файл 文件 📎 ñ"), "Größe файл 文件 📎 ñ");
  EXPECT_EQ(shown("C:\\new\\temp"), "C:\\new\\temp");
}

TEST(Visible, EscapesControls) {
  EXPECT_EQ(shown(std::string_view("\0\a\b\x7f", 4)), "\\x00\\x07\\x08\\x7f");
  EXPECT_EQ(shown("a\r\n\tb"), "a\\r\\n\\tb");
  EXPECT_EQ(shown("\x1b[2J\x1b]0;title\x07"), "\\x1b[2J\\x1b]0;title\\x07");
  EXPECT_EQ(shown("\xc2\x9b"
                  "31m"),
            "\\u009b31m")
      << "the C1 form of ESC [";
}

TEST(Visible, EscapesWhatDeceives) {
  EXPECT_EQ(shown("evil\u202egpj.exe"), "evil\\u202egpj.exe");
  EXPECT_EQ(shown("\u2066a\u2069\u200f\u200b\ufeff\u00ad"),
            "\\u2066a\\u2069\\u200f\\u200b\\ufeff\\u00ad");
  EXPECT_EQ(shown("a\u00a0\u3000\u2003b"), "a\\u00a0\\u3000\\u2003b") << "gaps that are no spaces";
  EXPECT_EQ(shown("\U000e0041"), "\\U000e0041") << "a tag character";
  EXPECT_EQ(shown("\ufffe"), "\\ufffe");
}

TEST(Visible, EscapesBytesThatAreNotUtf8) {
  EXPECT_EQ(shown("a\xff\xc3(b\xe2\x80"), "a\\xff\\xc3(b\\xe2\\x80");
  EXPECT_EQ(shown("\xc0\xaf\xed\xa0\x80\xf4\x90\x80\x80"),
            "\\xc0\\xaf\\xed\\xa0\\x80\\xf4\\x90\\x80\\x80");
}

TEST(Visible, KeepsFewMarksOnOneCharacter) {
  EXPECT_EQ(shown("e\u0301"), "e\u0301");
  EXPECT_EQ(shown("e\u0301\u0302\u0303\u0304"), "e\u0301\u0302\u0303\\u0304");
  EXPECT_EQ(shown("\u0301"), "\\u0301") << "it would sit on what stands before";
  EXPECT_EQ(columns_of("e\u0301\u0302"), 1u);
}

TEST(Visible, CutsByColumns) {
  EXPECT_EQ(visible("abcdef", 6), "abcdef");
  EXPECT_EQ(visible("abcdef", 5), "abcd…");
  EXPECT_EQ(visible("abcdef", 1), "…");
  EXPECT_EQ(visible("abcdef", 0), "");
  EXPECT_EQ(visible("文文文", 6), "文文文");
  EXPECT_EQ(visible("文文文", 5), "文文…");
  EXPECT_EQ(visible("文文文", 4), "文…") << "half a character is none";
  EXPECT_EQ(visible("ab\x1b"
                    "cd",
                    6),
            "ab…")
      << "an escape is not torn";
  EXPECT_EQ(visible("abe\u0301f", 3), "ab…");
  EXPECT_EQ(visible("abe\u0301f", 4), "abe\u0301f");
}

TEST(Visible, KeepsBothEnds) {
  EXPECT_EQ(visible_ends("invoice.pdf", 11), "invoice.pdf");
  EXPECT_EQ(visible_ends("invoice.pdf" + std::string(500, ' ') + ".exe", 20),
            "invoice.pdf   … .exe");
  EXPECT_EQ(visible_ends(std::string(500, 'a') + "\u202e"
                                                 "b.exe",
                         40),
            std::string(34, 'a') + "…b.exe")
      << "what would be torn is left out";
  EXPECT_EQ(visible_ends(std::string(500, 'a') + "\u202e"
                                                 "b.exe",
                         44),
            std::string(32, 'a') +
                "…\\u202e"
                "b.exe");
  EXPECT_EQ(visible_ends("文文文文文文文文文文", 9), "文文文…文");
  EXPECT_EQ(visible_ends("abcdefghij", 7), "abcdef…") << "too narrow for two ends";
}

// glibc's table is the judge: nothing may take more columns than it is counted for, and no control
// may get through.
TEST(Visible, NeverCountsTooFewColumns) {
  if (!std::setlocale(LC_CTYPE, "C.UTF-8")) GTEST_SKIP() << "no locale C.UTF-8 here";
  for (char32_t point = 0; point <= 0x10FFFF; ++point) {
    if (point >= 0xD800 && point <= 0xDFFF) continue;
    const std::string text = shown("a" + utf8(point));
    ASSERT_TRUE(text.starts_with('a'));
    const bool escaped = text.size() > 2 && text[1] == '\\' && point != '\\';
    const int columns = wcwidth(static_cast<wchar_t>(point));
    if (point < 0x20 || (point >= 0x7F && point < 0xA0)) {
      ASSERT_TRUE(escaped) << std::hex << static_cast<uint32_t>(point);
    } else if (!escaped) {
      ASSERT_GE(static_cast<int>(columns_of(text)) - 1, columns)
          << std::hex << static_cast<uint32_t>(point);
    }
  }
}

}  // namespace
}  // namespace stoq::cli
