// SPDX-License-Identifier: Apache-2.0
//
// Plugins that the program makes when they are asked for by name; settings that it changes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/objects.h"

namespace stoq::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class Both : public WorkerPlugin, public DispatcherPlugin {
 public:
  WorkerResponse scan(Payload& payload, Request&) override {
    ++scans;
    if (payload.size() == 0)
      throw ForeignException("File \"x.py\", line 1, in scan ; ValueError", "empty");
    return {.results = Json{{"scans", scans}}};
  }
  DispatcherResponse get_dispatches(Payload&, Request&) override {
    return {.plugin_names = {"both"}, .meta = {}, .errors = {}};
  }
  int scans = 0;
};

struct Maker {
  std::shared_ptr<Both> both = std::make_shared<Both>();
  std::vector<std::string> asked;
  StoqOptions options(StoqOptions given) {
    given.make_plugin = [this](const std::string& name) -> MadePlugin {
      asked.push_back(name);
      if (name == "broken") throw StoqPluginException("ImportError: no module");
      if (name == "worker") return {both, {.serial = true, .roles = {"Worker"}}};
      if (name == "both") return {both, {.serial = true}};
      return {};
    };
    return given;
  }
};

TEST(MadePlugins, AreAskedForOnceWhenAPayloadWantsThem) {
  Maker maker;
  Stoq s(maker.options(quiet()));
  EXPECT_THAT(maker.asked, IsEmpty());
  for (int i = 1; i < 3; ++i) {
    const StoqResponse r = s.scan("x", {.add_start_dispatch = {"both"}});
    EXPECT_EQ(r.results[0].workers[0]["both"].text(), "{\"scans\": " + std::to_string(i) + "}");
  }
  EXPECT_THAT(maker.asked, ElementsAre("both"));
}

TEST(MadePlugins, ServeWhereTheyAreNamedAndNowhereElse) {
  Maker maker;
  StoqOptions options = quiet();
  Stoq idle(maker.options(options));
  idle.load_plugin("both");
  EXPECT_THAT(idle.scan("x").results[0].workers[0], IsEmpty());
  options.dispatchers = {"both"};
  Stoq asks(maker.options(options));
  EXPECT_EQ(asks.scan("x").results[0].workers[0].size(), 1);
}

TEST(MadePlugins, PlayOnlyTheRolesThatTheirTraitsName) {
  Maker maker;
  StoqOptions options = quiet();
  options.dispatchers = {"worker"};
  try {
    Stoq s(maker.options(options));
    FAIL();
  } catch (const StoqPluginException& e) {
    EXPECT_STREQ(e.what(), "plugin 'worker' is named as a dispatcher but is none; it is: Worker");
  }
}

TEST(MadePlugins, SayWhyTheyCannotBeMade) {
  Maker maker;
  Stoq s(maker.options(quiet()));
  const StoqResponse r = s.scan("x", {.add_start_dispatch = {"broken", "nothing"}});
  EXPECT_THAT((*r.errors.find("broken"))[0],
              HasSubstr("plugin 'broken' cannot be loaded: ImportError: no module"));
  EXPECT_THAT((*r.errors.find("nothing"))[0],
              HasSubstr("The plugin \"nothing\" is invalid or does not exist in your plugin path"));
}

TEST(MadePlugins, NameWhatAnotherLanguageRaised) {
  Maker maker;
  Stoq s(maker.options(quiet()));
  const StoqResponse r = s.scan("", {.add_start_dispatch = {"both"}});
  EXPECT_THAT((*r.errors.find("both"))[0],
              StartsWith("worker:failed to scan: both ; File \"x.py\", line 1, in scan ; "
                         "ValueError: empty ; payload "));
}

TEST(Changes, CountForRequestsThatBeginLater) {
  Stoq s(quiet());
  add_worker(s, "dig", [](Payload& p, Request&) {
    return WorkerResponse{
        .extracted = {{std::string(p.size() + 1, 'x'), {.dispatch_to = {"dig"}}}}};
  });
  EXPECT_EQ(s.scan("", {.add_start_dispatch = {"dig"}}).results.size(), 4);
  s.change({.max_recursion = 1});
  EXPECT_EQ(s.scan("", {.add_start_dispatch = {"dig"}}).results.size(), 2);
  s.change({.always_dispatch = Names{"dig"}});
  EXPECT_EQ(s.scan("").results.size(), 2);
}

}  // namespace
}  // namespace stoq::test
