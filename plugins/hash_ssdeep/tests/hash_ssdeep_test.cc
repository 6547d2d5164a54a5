// SPDX-License-Identifier: Apache-2.0
//
// The plugin in an engine, as shipped and in the engine's process.
#include <gtest/gtest.h>

#include "support/objects.h"

namespace stoq::test {
namespace {

std::string result_of(const std::string& content, const char* isolation) {
  StoqOptions o = quiet();
  o.plugin_dir_list = {STOQ_PLUGINS};
  if (isolation) o.plugin_opts["hash_ssdeep"]["isolation"] = isolation;
  const StoqResponse r = Stoq(std::move(o)).scan(content, {.add_start_dispatch = {"hash_ssdeep"}});
  EXPECT_TRUE(r.errors.empty()) << r.dumps();
  const Json* result = r.results.at(0).workers.at(0).find("hash_ssdeep");
  return result ? std::string(result->text()) : "no result";
}

TEST(HashSsdeep, Result) {
  for (const char* isolation : {static_cast<const char*>(nullptr), "none"}) {
    EXPECT_EQ(result_of("This is a payload to hash", isolation),
              R"({"ssdeep": "3:hMCE7pr3Kn:huJ6"})");
    EXPECT_EQ(result_of("", isolation), R"({"ssdeep": "3::"})");
    EXPECT_EQ(result_of("a", isolation), R"({"ssdeep": "3:E:E"})");
    EXPECT_EQ(result_of(std::string(64 << 20, '\0'), isolation), R"({"ssdeep": "3::"})");
  }
}

}  // namespace
}  // namespace stoq::test
