// SPDX-License-Identifier: Apache-2.0
#include "folders.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace stoq::plugins::dirmon {
namespace {

std::vector<int> sorted(std::vector<int> ids) {
  std::sort(ids.begin(), ids.end());
  return ids;
}

class DirmonFolders : public testing::Test {
 protected:
  // 1 / 2 a / 3 b, 4 c
  DirmonFolders() {
    Folder& root = folders.add(1, nullptr, "", 1);
    Folder& a = folders.add(2, &root, "a", 2);
    folders.add(3, &a, "b", 3);
    folders.add(4, &root, "c", 4);
  }
  std::string path(int id) { return folders.path(*folders.find(id)); }
  Folders folders;
};

TEST_F(DirmonFolders, KnowPathsAndChildren) {
  EXPECT_EQ(path(1), "");
  EXPECT_EQ(path(3), "a/b");
  EXPECT_EQ(folders.child(*folders.root(), "c"), folders.find(4));
  EXPECT_EQ(folders.child(*folders.root(), "b"), nullptr);
  EXPECT_EQ(folders.find(9), nullptr);
}

TEST_F(DirmonFolders, ARenameTakesAllBelowAlong) {
  folders.move(*folders.find(2), *folders.find(4), "x");
  EXPECT_EQ(path(3), "c/x/b");
  EXPECT_EQ(folders.child(*folders.root(), "a"), nullptr);
}

TEST_F(DirmonFolders, DropForgetsAllBelow) {
  EXPECT_EQ(sorted(folders.drop(*folders.find(2))), (std::vector<int>{2, 3}));
  EXPECT_EQ(folders.find(3), nullptr);
  EXPECT_EQ(folders.child(*folders.root(), "a"), nullptr);
  EXPECT_EQ(sorted(folders.drop(*folders.root())), (std::vector<int>{1, 4}));
  EXPECT_EQ(folders.root(), nullptr);
}

TEST_F(DirmonFolders, TheUnwatchedHaveNumbersOfTheirOwn) {
  EXPECT_TRUE(folders.unwatched().empty());
  Folder& folder = folders.add(folders.unwatched_id(), folders.root(), "u", 5);
  EXPECT_EQ(folders.unwatched(), std::vector<int>{folder.id});
  EXPECT_LT(folder.id, 0);
  folders.renumber(folder, 7);
  EXPECT_EQ(path(7), "u");
  EXPECT_TRUE(folders.unwatched().empty());
}

TEST_F(DirmonFolders, ARoundMissesThoseThatItHasNotMet) {
  folders.find(1)->round = folders.find(4)->round = 1;
  EXPECT_EQ(sorted(folders.missed(1)), (std::vector<int>{2, 3}));
}

}  // namespace
}  // namespace stoq::plugins::dirmon
