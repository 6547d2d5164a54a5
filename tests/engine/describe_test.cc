// SPDX-License-Identifier: Apache-2.0
//
// What a plugin is told to be without being made, and how far a run has come.
#include <gtest/gtest.h>

#include "stoq/stoq.h"
#include "tests/support/temporary_directory.h"

namespace stoq::test {
namespace {

StoqOptions options(const TemporaryDirectory& dir) {
  return {.base_dir = dir.path(),
          .log_dir = "",
          .log_level = "error",
          .plugin_dir_list = {STOQ_TEST_PLUGINS}};
}

TEST(Describe, TellsManifestAndDeclaredOptions) {
  const TemporaryDirectory dir;
  dir.file("stoq.cfg", "[echo_provider]\nisolation = fresh\n");
  Stoq s(options(dir));
  const PluginDescription d = s.describe_plugin("echo_provider");
  EXPECT_EQ(d.name, "echo_provider");
  EXPECT_EQ(d.folder, STOQ_TEST_PLUGINS "/echo_provider");
  EXPECT_EQ(d.isolation, "fresh");
  EXPECT_EQ(d.profile, "legacy");
  EXPECT_EQ(d.problem, "");
  ASSERT_EQ(d.options.size(), 4u);
  EXPECT_EQ(d.options[0].name, "items");
  EXPECT_EQ(d.options[0].type, "list");
  EXPECT_EQ(d.options[0].default_text, "payload");
  EXPECT_EQ(d.options[0].range, "");
  EXPECT_EQ(d.options[0].help, "what is put");
  EXPECT_EQ(d.options[1].default_text, "");
}

TEST(Describe, OptionsOfOneThatWouldNotLoad) {
  const TemporaryDirectory dir;
  Stoq s(options(dir));
  const PluginDescription d = s.describe_plugin("echo_connector");
  ASSERT_EQ(d.options.size(), 3u);
  EXPECT_EQ(d.options[0].name, "path");
  EXPECT_EQ(d.options[0].default_text, std::nullopt);
}

TEST(Describe, SaysWhyAModuleTellsNothing) {
  const TemporaryDirectory dir;
  Stoq s(options(dir));
  EXPECT_EQ(s.describe_plugin("bad_no_entry").problem, STOQ_TEST_PLUGINS
            "/bad_no_entry/bad_no_entry.so exports no stoq_plugin_entry_v1; end its source with "
            "STOQ_PLUGIN(...)");
  EXPECT_EQ(s.describe_plugin("bad_other_name").options.size(), 0u);
  EXPECT_EQ(error_of<StoqPluginNotFound>([&] { s.describe_plugin("nosuch"); }),
            "The plugin \"nosuch\" is invalid or does not exist in your plugin path");
}

class Counting final : public ProviderPlugin {
 public:
  void ingest(Queue& queue) override {
    for (const std::string_view text : {"one", "three", "five!"})
      queue.put(Payload(bytes_of(text)));
  }
};

TEST(Describe, ObjectsAreWhatTheirTraitsSay) {
  const TemporaryDirectory dir;
  Stoq s(options(dir));
  s.add_plugin("mine", std::make_shared<Counting>(), {.version = "7", .description = "counts"});
  const PluginDescription d = s.describe_plugin("mine");
  EXPECT_EQ(d.version, "7");
  EXPECT_EQ(d.description, "counts");
  EXPECT_EQ(d.classes, std::vector<std::string>{"Provider"});
  EXPECT_EQ(d.isolation, "none");
  EXPECT_EQ(d.folder, "");
}

TEST(Progress, OfTheLastRunStays) {
  const TemporaryDirectory dir;
  Stoq s(options(dir));
  EXPECT_EQ(s.progress().taken, 0u);
  s.add_plugin("mine", std::make_shared<Counting>());
  EXPECT_EQ(s.run().done, 3u);
  const Progress p = s.progress();
  EXPECT_EQ(p.taken, 3u);
  EXPECT_EQ(p.done, 3u);
  EXPECT_EQ(p.failed, 0u);
  EXPECT_EQ(p.bytes, 13u);
  EXPECT_TRUE(p.intake_ended);
}

}  // namespace
}  // namespace stoq::test
