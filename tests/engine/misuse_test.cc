// SPDX-License-Identifier: Apache-2.0
//
// What a program reads that asks the library for what cannot be.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/objects.h"
#include "tests/support/temporary_directory.h"

namespace stoq::test {
namespace {

using testing::ElementsAre;

template <class Body>
std::string told(Body&& body) {
  return error_of<StoqException>(std::forward<Body>(body));
}

TEST(Misuse, Scans) {
  Stoq s(quiet());
  EXPECT_EQ(told([&] {
              s.scan("x", {.add_start_dispatch = {"a", ""}});
            }),
            "add_start_dispatch has an empty plugin name");
  for (const char* limit : {"nonsense", "0/1", "1/x"})
    EXPECT_EQ(told([&] { s.scan("x", {.ratelimit = limit}); }),
              "ratelimit '" + std::string(limit) + "': write count/seconds, such as 10/60");
  EXPECT_EQ(told([&] { s.scan_file(-1); }),
            "the file cannot be scanned: cannot look at it: Bad file descriptor");
}

TEST(Misuse, Objects) {
  struct Nothing final : Plugin {};
  Stoq s(quiet());
  EXPECT_EQ(told([&] { s.add_plugin("none", nullptr); }),
            "add_plugin: there is no object for 'none'");
  EXPECT_EQ(told([&] { s.add_plugin("none", std::make_shared<Nothing>()); }),
            "the object given as plugin 'none' plays no role: derive it from WorkerPlugin, …");
}

TEST(Misuse, ArchiversThatDoNeither) {
  struct Neither final : ArchiverPlugin {};
  StoqOptions o = quiet();
  Stoq s(std::move(o));
  s.add_plugin("neither", std::make_shared<Neither>());
  const StoqResponse r = s.scan("x");
  EXPECT_THAT(errors_of(r, "neither"),
              ElementsAre("archiver:failed to archive: neither ; StoqPluginException: this "
                          "archiver does not archive ; payload " +
                          r.results[0].payload_id));
}

TEST(Misuse, MetaForWhoIsNotNamed) {
  Stoq s(quiet());
  s.add_plugin("absent", std::make_shared<FunctionDispatcher>([](Payload&, Request&) {
                 DispatcherResponse response{.plugin_names = {"size"}};
                 response.meta.set("other", Json{{"a", 1}});
                 return response;
               }));
  add_worker(s, "size", size_worker);
  const StoqResponse r = s.scan("x");
  EXPECT_THAT(errors_of(r, "absent"),
              ElementsAre("meta is given for 'other', which is not among the plugins named"));
  EXPECT_NE(r.results[0].workers[0].find("size"), nullptr);
}

TEST(Misuse, ResultsThatAreNotThere) {
  Stoq s(quiet());
  add_worker(s, "size", size_worker);
  const StoqResponse r = s.scan("x", {.add_start_dispatch = {"size"}});
  EXPECT_EQ(r.results[0].workers[0]["size"].text(), "{\"size\": 1}");
  EXPECT_EQ(told([&] { r.results[0].workers[0]["sise"]; }), "there is no result of 'sise' here");
}

}  // namespace
}  // namespace stoq::test
