// SPDX-License-Identifier: Apache-2.0
#include "last_good.h"

#include <gtest/gtest.h>

#include "rule_folder.h"

namespace stoq::plugins::yara {
namespace {

TEST(LastGoodFolder, KeepsTheNewestTextOfEachPath) {
  RuleFolder folder;
  const LastGoodFolder kept(folder.path());
  EXPECT_EQ(kept.find("/a.yar"), std::nullopt);
  EXPECT_EQ(kept.keep({{"/a.yar", "one\n"}, {"/b.yar", ""}}), "");
  EXPECT_EQ(kept.find("/a.yar"), "one\n");
  EXPECT_EQ(kept.find("/b.yar"), "");
  EXPECT_EQ(kept.keep({{"/a.yar", "two"}}), "");
  EXPECT_EQ(LastGoodFolder(folder.path()).find("/a.yar"), "two");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 2);
}

TEST(LastGoodFolder, WithoutAFolderKeepsNothing) {
  const LastGoodFolder kept({});
  EXPECT_EQ(kept.keep({{"/a.yar", "one"}}), "");
  EXPECT_EQ(kept.find("/a.yar"), std::nullopt);
}

TEST(LastGoodFolder, TellsWhatCannotBeWritten) {
  const LastGoodFolder kept("/nonexistent/rules");
  EXPECT_EQ(kept.keep({{"/a.yar", "one"}}),
            "cannot write in /nonexistent/rules: No such file or directory");
}

TEST(LastGoodFolder, TextOfAnotherPathIsNotTaken) {
  RuleFolder folder;
  const LastGoodFolder kept(folder.path());
  EXPECT_EQ(kept.keep({{"/a.yar", "one"}}), "");
  const auto file = std::filesystem::directory_iterator(folder.path())->path();
  folder.write(file.filename().string(), "/other.yar\none");
  EXPECT_EQ(kept.find("/a.yar"), std::nullopt);
}

}  // namespace
}  // namespace stoq::plugins::yara
