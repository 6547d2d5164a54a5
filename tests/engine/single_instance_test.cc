// SPDX-License-Identifier: Apache-2.0
//
// A worker with instances = 1: one host for all scan threads.
#include <gtest/gtest.h>

#include <thread>

#include "support/objects.h"

namespace stoq::test {
namespace {

StoqOptions with_one(const std::string& plugin, OptionMap options = {}) {
  StoqOptions o = quiet();
  o.plugin_dir_list = {STOQ_TEST_PLUGINS};
  o.always_dispatch = {plugin};
  o.plugin_opts[plugin] = std::move(options);
  o.plugin_opts[plugin]["instances"] = 1;
  return o;
}

// Calls wait for each other: the time of one begins when it is called, and what ends the host is the
// end of one call alone.
TEST(OneInstance, IsCalledOnceAtATime) {
  Stoq s(with_one("hostile", {{"deadline", "300ms"}}));
  for (const char* ending : {"sleep", "abort"}) {
    std::vector<StoqResponse> responses(4);
    {
      std::vector<std::jthread> threads;
      for (size_t i = 0; i < responses.size(); ++i)
        threads.emplace_back([&, i] {
          responses[i] = s.scan(i == 0 ? "hostile " + std::string(ending) : "honest");
        });
    }
    ASSERT_EQ(responses[0].limits.size(), 1u) << ending;
    EXPECT_EQ(responses[0].limits[0].limit,
              std::string(ending) == "sleep" ? "plugin_deadline" : "crash");
    for (size_t i = 1; i < responses.size(); ++i) {
      EXPECT_TRUE(responses[i].errors.empty()) << ending << ": " << responses[i].dumps();
      EXPECT_NE(responses[i].results[0].workers[0].find("hostile"), nullptr);
    }
  }
}

TEST(OneInstance, CannotBeLess) {
  StoqOptions o = with_one("hostile");
  o.plugin_opts["hostile"]["instances"] = 0;
  Stoq s(std::move(o));
  const StoqResponse response = s.scan("honest");
  ASSERT_EQ(response.errors.size(), 1u);
  EXPECT_NE(response.errors[0].second[0].find(
                "option 'instances' of plugin 'hostile': 0 is out of range 1 to 1024"),
            std::string::npos)
      << response.errors[0].second[0];
}

}  // namespace
}  // namespace stoq::test
