// SPDX-License-Identifier: Apache-2.0
//
// The plugin in an engine, as shipped and in a host process.
#include <gtest/gtest.h>

#include "support/objects.h"

namespace stoq::test {
namespace {

std::string entropy_of(const std::string& content, const char* isolation) {
  StoqOptions o = quiet();
  o.plugin_dir_list = {STOQ_PLUGINS};
  if (isolation) o.plugin_opts["entropy"]["isolation"] = isolation;
  const StoqResponse r = Stoq(std::move(o)).scan(content, {.add_start_dispatch = {"entropy"}});
  EXPECT_TRUE(r.errors.empty()) << r.dumps();
  EXPECT_EQ(r.results.size(), 1u);
  const Json* result = r.results.at(0).workers.at(0).find("entropy");
  return result ? std::string(result->text()) : "no result";
}

TEST(Entropy, Result) {
  for (const char* isolation : {static_cast<const char*>(nullptr), "process"}) {
    EXPECT_EQ(entropy_of("abcabcabc", isolation), R"({"entropy": 1.584962500721156})");
    EXPECT_EQ(entropy_of(std::string(256, 'a'), isolation), R"({"entropy": 0.0})");
    EXPECT_EQ(entropy_of("", isolation), R"({"entropy": 0.0})");
  }
}

}  // namespace
}  // namespace stoq::test
