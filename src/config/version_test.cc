// SPDX-License-Identifier: Apache-2.0
#include "config/version.h"

#include <gtest/gtest.h>

namespace stoq::config {
namespace {

TEST(Version, OrdersNumberByNumber) {
  EXPECT_EQ(compare_versions("2.0.1", "10"), std::strong_ordering::less);
  EXPECT_EQ(compare_versions("4.0.0", "4"), std::strong_ordering::equal);
  EXPECT_EQ(compare_versions("0", "0.0"), std::strong_ordering::equal);
  EXPECT_EQ(compare_versions("4.10", "4.9.9"), std::strong_ordering::greater);
}

TEST(Version, KnowsWhatIsNone) {
  for (const char* bad : {"", ".", "1.", ".1", "1..2", "v1", "1.0a", "-1", " 1", "99999999999"}) {
    EXPECT_FALSE(compare_versions(bad, "1")) << bad;
    EXPECT_FALSE(compare_versions("1", bad)) << bad;
  }
}

}  // namespace
}  // namespace stoq::config
