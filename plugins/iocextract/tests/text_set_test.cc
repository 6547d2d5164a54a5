// SPDX-License-Identifier: Apache-2.0
#include "text_set.h"

#include <gtest/gtest.h>

namespace stoq::plugins::iocextract {
namespace {

TEST(TextSet, KnowsWhatWasInsertedAndKeepsTheOrder) {
  TextSet set;
  EXPECT_FALSE(set.contains(""));
  set.insert("");
  constexpr int kTexts = 20'000;
  const auto text_of = [](int i) { return std::string(i % 20u, 'x') + std::to_string(i); };
  for (int i = 0; i < kTexts; ++i) {
    EXPECT_FALSE(set.contains(text_of(i))) << i;
    set.insert(text_of(i));
  }
  ASSERT_EQ(set.items().size(), kTexts + 1u);
  EXPECT_TRUE(set.contains(""));
  for (int i = 0; i < kTexts; ++i) {
    EXPECT_TRUE(set.contains(text_of(i))) << i;
    EXPECT_EQ(set.items()[i + 1u], text_of(i));
  }
}

// Zeros behind a text, within a word of the hash and beyond.
TEST(TextSet, SizeCounts) {
  TextSet set;
  for (std::size_t size = 0; size < 20; ++size) {
    EXPECT_FALSE(set.contains(std::string(size, '\0')));
    set.insert(std::string(size, '\0'));
  }
  EXPECT_FALSE(set.contains(std::string(20, '\0')));
}

}  // namespace
}  // namespace stoq::plugins::iocextract
