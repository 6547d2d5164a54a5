// SPDX-License-Identifier: Apache-2.0
#include "config/nearest.h"

#include <gtest/gtest.h>

namespace stoq::config {
namespace {

const std::vector<std::string> kKnown = {"maximum_size", "timeout", "rules", "ttl"};

TEST(Nearest, FindsSlips) {
  EXPECT_EQ(nearest("maximum_sise", kKnown), "maximum_size");
  EXPECT_EQ(nearest("max_size", {"max_sized", "maxsize"}), "max_sized");
  EXPECT_EQ(nearest("maximumsize", kKnown), "maximum_size");
  EXPECT_EQ(nearest("tiemout", kKnown), "timeout");
  EXPECT_EQ(nearest("tll", kKnown), "ttl");
  EXPECT_EQ(did_you_mean("rule", kKnown), " (did you mean 'rules'?)");
}

TEST(Nearest, IsSilentWhenNothingIsClose) {
  EXPECT_EQ(nearest("colour", kKnown), "");
  EXPECT_EQ(nearest("x", {"y"}), "");
  EXPECT_EQ(nearest("", kKnown), "");
  EXPECT_EQ(nearest(std::string(100'000, 'r'), kKnown), "");
  EXPECT_EQ(did_you_mean("colour", kKnown), "");
}

}  // namespace
}  // namespace stoq::config
