// SPDX-License-Identifier: Apache-2.0
//
// In a host process, behind the whole engine.
#include "es_fixture.h"
#include "support/leftovers.h"
#include "support/objects.h"

namespace stoq::test {
namespace {

class EsSearchRun : public EsSearchTest {
 protected:
  std::unique_ptr<Stoq> engine(OptionMap options) {
    StoqOptions o = quiet();
    o.plugin_dir_list = {STOQ_PLUGINS};
    o.connectors = {"es-search"};
    options.try_emplace("es_host", server->host());
    options.try_emplace("index_by_month", "no");
    o.plugin_opts["es-search"] = std::move(options);
    return std::make_unique<Stoq>(std::move(o));
  }
};

TEST_F(EsSearchRun, AScanArrives) {
  const Leftovers leftovers;
  serve("[]");
  {
    const auto stoq = engine({});
    const StoqResponse r = stoq->scan("hello");
    EXPECT_TRUE(r.errors.empty());
    EXPECT_EQ(documents()[r.scan_id].dump(), Tree::parse(r.dumps(0)).dump());
  }
  server.reset();
}

TEST_F(EsSearchRun, AFailedSaveIsTold) {
  serve(R"([{"status": 403}])");
  const auto stoq = engine({});
  const StoqResponse r = stoq->scan("hello");
  ASSERT_TRUE(r.errors.find("es-search"));
  EXPECT_EQ(
      shown(r.errors.find("es-search")->front()),
      "connector:failed to save: es-search ; StoqPluginException: URL answered 403; give that "
      "user the right to create documents and indices of that name");
}

TEST_F(EsSearchRun, ItSpeaksBeforeItsDeadlineEnds) {
  serve(R"(["hang"])");
  const auto stoq = engine({{"deadline", "1"}});
  const StoqResponse r = stoq->scan("hello");
  ASSERT_TRUE(r.errors.find("es-search"));
  const std::string error = shown(r.errors.find("es-search")->front());
  EXPECT_NE(error.find("no whole answer from URL/_bulk"), std::string::npos) << error;
}

}  // namespace
}  // namespace stoq::test
