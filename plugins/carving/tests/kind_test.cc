// SPDX-License-Identifier: Apache-2.0
#include "carving/kind.h"

#include <gtest/gtest.h>

#include "plugins/carving/tests/samples.h"

namespace stoq::plugins::carving {
namespace {

using test::wide;

TEST(Kind, WideTextBecomesUtf8) {
  EXPECT_EQ(from_wide(bytes_of("\xFF\xFE" + wide("text"))), "text");
  EXPECT_EQ(from_wide(bytes_of(wide("some text"))), "some text");
  EXPECT_EQ(from_wide(bytes_of("some text")), std::nullopt);
}

TEST(Kind, WideTextMayBeginWithZero) {
  const std::string text = '\0' + std::string(99, 'a');
  EXPECT_EQ(from_wide(bytes_of(wide(text))), text);
}

}  // namespace
}  // namespace stoq::plugins::carving
