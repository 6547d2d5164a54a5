// SPDX-License-Identifier: Apache-2.0
#include "files/deaths.h"

#include <gtest/gtest.h>

namespace stoq::plugins::files {
namespace {

constexpr Identity kId{12, 34, 56}, kOther{12, 35, 56};

TEST(FilesDeaths, CountsRunsThatEndedWithoutAWord) {
  Deaths deaths;
  EXPECT_EQ(deaths.of("a", kId), 0U);
  for (unsigned run = 1; run <= kMostDeaths; ++run) {
    deaths.read({Deaths::word(deaths.of("a", kId) + 1), kId, "a"});
    EXPECT_EQ(deaths.of("a", kId), run);
  }
  EXPECT_EQ(deaths.of("a", kOther), 0U) << "it is another file";
  EXPECT_EQ(deaths.of("b", kId), 0U);
}

TEST(FilesDeaths, AnOutcomeEndsThem) {
  for (const char* word : {"done", "failed", "gone", "seen"}) {
    Deaths deaths;
    deaths.read({"taken2", kId, "a"});
    deaths.read({word, kOther, "a"});
    EXPECT_EQ(deaths.of("a", kId), 0U) << word;
  }
}

TEST(FilesDeaths, TheWordsStayInBounds) {
  EXPECT_EQ(Deaths::word(0), "taken1");
  EXPECT_EQ(Deaths::word(1), "taken1");
  EXPECT_EQ(Deaths::word(3), "taken3");
  EXPECT_EQ(Deaths::word(4), "taken3");
  EXPECT_TRUE(Deaths::is_taken("taken2"));
  EXPECT_FALSE(Deaths::is_taken("taken"));
}

}  // namespace
}  // namespace stoq::plugins::files
