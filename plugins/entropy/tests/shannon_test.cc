// SPDX-License-Identifier: Apache-2.0
#include "shannon.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace stoq::plugins::entropy {
namespace {

double entropy_of(std::string_view text) {
  return shannon_entropy({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

std::string repeated(std::string_view text, int times) {
  std::string out;
  while (times-- > 0) out += text;
  return out;
}

TEST(Shannon, OneValueOrNothingIsZero) {
  for (const std::string& text : {std::string(), std::string("a"), std::string(256, 'a'),
                                  std::string(1 << 20, '\0'), std::string(13, '\xFF')}) {
    EXPECT_EQ(entropy_of(text), 0.0) << text.size();
    EXPECT_FALSE(std::signbit(entropy_of(text))) << text.size();
  }
}

TEST(Shannon, KnownValues) {
  EXPECT_EQ(entropy_of(repeated("abc", 256)), 1.584962500721156);
  EXPECT_EQ(entropy_of("ab"), 1.0);
  EXPECT_EQ(entropy_of("abcd"), 2.0);
  EXPECT_EQ(entropy_of("aaab"), 0.8112781244591328);
  EXPECT_EQ(entropy_of("01234567"), 3.0);
}

TEST(Shannon, AllValuesAlikeIsEight) {
  std::string all;
  for (int value = 0; value < 256; ++value) all.push_back(static_cast<char>(value));
  EXPECT_EQ(entropy_of(all), 8.0);
  EXPECT_EQ(entropy_of(repeated(all, 1000)), 8.0);
}

// Every length around the width of a word, every place in it, against a plain sum.
TEST(Shannon, EveryByteCounts) {
  std::mt19937 random(1);
  for (std::size_t size = 1; size < 70; ++size) {
    std::vector<std::uint8_t> bytes(size);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random() % 7 * 37);
    std::array<int, 256> counts{};
    for (const auto byte : bytes) ++counts[byte];
    double expected = 0;
    for (const int count : counts)
      if (count > 0) expected -= count / double(size) * std::log2(count / double(size));
    EXPECT_DOUBLE_EQ(shannon_entropy(bytes), expected) << size;
  }
}

TEST(Shannon, OneOddByteInMany) {
  const std::size_t size = 1 << 16;
  const double p = 1.0 / double(size);
  const double expected = -(p * std::log2(p)) - (1 - p) * std::log2(1 - p);
  for (const std::size_t place : {std::size_t{0}, std::size_t{7}, size - 9, size - 1}) {
    std::string text(size, 'x');
    text[place] = 'y';
    EXPECT_DOUBLE_EQ(entropy_of(text), expected) << place;
  }
}

}  // namespace
}  // namespace stoq::plugins::entropy
