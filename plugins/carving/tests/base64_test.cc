// SPDX-License-Identifier: Apache-2.0
#include "carving/base64.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "plugins/carving/tests/samples.h"

namespace stoq::plugins::carving {
namespace {

bool is_digit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '+' ||
         c == '/';
}

// What next_base64() promises, character by character.
std::optional<Run> plainly(const std::string& text, std::size_t from, std::size_t least) {
  for (std::size_t at = from; at < text.size(); ++at) {
    if (!is_digit(text[at])) continue;
    std::size_t end = at, count = 0;
    for (;;) {
      const std::size_t line = end;
      while (end < text.size() && is_digit(text[end])) ++end;
      count += end - line;
      std::size_t next = end;
      if (next < text.size() && text[next] == '\r') ++next;
      if (end - line < 40 || next + 1 >= text.size() || text[next] != '\n' ||
          !is_digit(text[next + 1]))
        break;
      end = next + 1;
    }
    for (; end < text.size() && text[end] == '=' && count % 4 != 0; ++end) ++count;
    if (count >= least) return Run{at, end - at};
    at = end - 1;
  }
  return std::nullopt;
}

TEST(NextBase64, FindsWhatAPlainSearchFinds) {
  for (unsigned seed = 0; seed < 300; ++seed) {
    std::mt19937 random(seed);
    std::string text;
    while (text.size() < 2000) {
      static constexpr std::string_view kBetween[] = {" ", "\n", "\r\n", "\r",
                                                      "=", "==", "\"",   "-"};
      for (unsigned i = random() % (random() % 4 ? 20 : 90); i > 0; --i)
        text += "ABCDwxyz0189+/"[random() % 14];
      text += kBetween[random() % std::size(kBetween)];
    }
    for (const std::size_t least : {1, 4, 16, 40, 43, 120})
      for (std::size_t at = 0;;) {
        const auto found = next_base64(text, at, least), wanted = plainly(text, at, least);
        ASSERT_EQ(found.has_value(), wanted.has_value()) << "seed " << seed << ", least " << least;
        if (!found) break;
        ASSERT_EQ(found->at, wanted->at) << "seed " << seed << ", least " << least;
        ASSERT_EQ(found->size, wanted->size) << "seed " << seed << ", least " << least;
        at = found->at + found->size;
      }
  }
}

TEST(StrictBase64, TakesWholePaddedGroupsAndSpaceAlone) {
  EXPECT_EQ(strict_base64("aGVs\r\nbG8="), "hello");
  EXPECT_EQ(strict_base64(" aGVsbG8 =\n"), "hello");
  EXPECT_EQ(strict_base64("aGVs"), "hel");
  for (const char* text : {"", " ", "=", "aGVsbG8", "aGVsbG8==", "aGVs-bG8", "aGVsbG8=a", "aGVs!"})
    EXPECT_FALSE(strict_base64(text)) << text;
}

TEST(DecodeBase64, TakesBothAlphabetsAndAnUnfinishedGroup) {
  EXPECT_EQ(decode_base64("-_-_"), "\xFB\xFF\xBF");
  EXPECT_EQ(decode_base64("+/+/"), "\xFB\xFF\xBF");
  EXPECT_EQ(decode_base64("aGVsbG8"), "hello");
  EXPECT_EQ(decode_base64("aGV\nsbG8="), "hello");
}

}  // namespace
}  // namespace stoq::plugins::carving
