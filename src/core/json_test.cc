// SPDX-License-Identifier: Apache-2.0
#include "stoq/json.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace stoq {
namespace {

TEST(JsonTree, HoldsWhatOfANumberFitsIntoADouble) {
  const std::string digits(400, '7');
  const Json json =
      Json::parse("{\"a\": [" + digits + ", -" + digits + ", 18446744073709551616], \"" + digits +
                  "\\\"\": \"" + digits + "\\\\\"}");
  EXPECT_EQ(json.get("a").text(), "[" + digits + ", -" + digits + ", 18446744073709551616]");
  EXPECT_EQ(
      Json(json.tree()).text(),
      "{\"a\": [1.7976931348623157e+308, -1.7976931348623157e+308, 1.8446744073709552e+19], \"" +
          digits + "\\\"\": \"" + digits + "\\\\\"}");
}

}  // namespace
}  // namespace stoq
