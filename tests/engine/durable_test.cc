// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/objects.h"
#include "support/temporary_directory.h"

namespace stoq::test {
namespace {

using testing::IsEmpty;

// [core] says it for all plugins that know the word, unless one is told itself.
TEST(Durable, IsWhatPluginsAre) {
  for (const char* isolation : {"none", "process"})
    for (const auto& [core, own, durable] :
         {std::tuple{"true", "", true}, {"false", "", false}, {"true", "no", false}}) {
      const TemporaryDirectory dir;
      StoqOptions o = quiet({{"durable", core}});
      o.plugin_dir_list = {STOQ_TEST_PLUGINS};
      o.connectors = {"echo_connector"};
      OptionMap& options = o.plugin_opts["echo_connector"];
      options["isolation"] = isolation;
      options["path"] = dir / "saved";
      if (*own) options["durable"] = own;
      EXPECT_THAT(Stoq(std::move(o)).scan("x").errors, IsEmpty());
      EXPECT_EQ(read_all(dir / "saved").starts_with("durable {"), durable)
          << isolation << " " << core << " " << own;
    }
}

}  // namespace
}  // namespace stoq::test
