// SPDX-License-Identifier: Apache-2.0
//
// In a host process, behind the whole engine.
#include "splunk_fixture.h"
#include "support/objects.h"

namespace stoq::test {
namespace {

TEST_F(SplunkTest, AScanArrivesThroughTheEngine) {
  serve(R"([null, {"within": {"code": 4}}])");
  StoqOptions o = quiet();
  o.plugin_dir_list = {STOQ_PLUGINS};
  o.connectors = {"splunk"};
  o.plugin_opts["splunk"] = {{"url", server->url()}, {"token", kToken}};
  Stoq stoq(std::move(o));
  const StoqResponse r = stoq.scan("hello");
  EXPECT_TRUE(r.errors.empty());
  const Tree all = events();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0]["event"].dump(), Tree::parse(r.dumps(0)).dump());
  const StoqResponse second = stoq.scan("hello");
  ASSERT_TRUE(second.errors.find("splunk"));
  EXPECT_EQ(shown(second.errors.find("splunk")->front()),
            "connector:failed to save: splunk ; StoqPluginException: URL answered 403: Invalid "
            "token; set token to one that this Splunk knows");
}

}  // namespace
}  // namespace stoq::test
