// SPDX-License-Identifier: Apache-2.0
#include "watched.h"

namespace stoq::plugins::dirmon {
namespace {

using std::filesystem::create_directories;
using std::filesystem::remove_all;

class DirmonTree : public Watched {
 protected:
  void watch() { start({"recursive=true"}); }
  void move_out(const std::string& name) { std::filesystem::rename(dir / name, spare / name); }
  void move_in(const std::string& name) { std::filesystem::rename(spare / name, dir / name); }
};

TEST_F(DirmonTree, AllDirectoriesAreWatched) {
  dir.file("a/b/old");
  watch();
  dir.file("a/b/one", "1");
  dir.file("c/d/e/two", "2");
  dir.file("three", "3");
  EXPECT_EQ(put(3), (Lines{"a/b/one=1", "c/d/e/two=2", "three=3"}));
  EXPECT_EQ(all().size(), 3U);
}

TEST_F(DirmonTree, NothingIsMissedInNewDirectories) {
  watch();
  Lines expected;
  for (int i = 0; i < 40; ++i) {
    std::string path = std::to_string(i);
    for (int depth = 0; depth < 5; ++depth) {
      dir.file(path + "/f", "x");
      expected.push_back(path + "/f=x");
      path += "/s";
    }
  }
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(put(expected.size()), expected);
  EXPECT_EQ(all(), expected);
}

TEST_F(DirmonTree, ARenamedDirectoryIsWatchedUnderItsNewName) {
  dir.file("a/sub/old");
  watch();
  dir.file("a/sub/one", "1");
  EXPECT_EQ(put(1), Lines{"a/sub/one=1"});
  rename("a", "b");
  dir.file("b/sub/two", "2");
  dir.file("a/sub/three", "3");
  EXPECT_EQ(put(3), (Lines{"a/sub/one=1", "a/sub/three=3", "b/sub/two=2"}));
  create_directories(dir / "c/d");
  rename("b/sub", "c/d/sub");
  dir.file("c/d/sub/four", "4");
  wait_put({"c/d/sub/four=4"});
  // What was known stays known, after a restart, too.
  EXPECT_EQ(all().size(), 4U);
  watch();
  EXPECT_EQ(all(), Lines{});
}

TEST_F(DirmonTree, WhatIsInWorkStaysKnownInARenamedDirectory) {
  std::filesystem::create_directory(dir / "a");
  watch();
  engine->done = false;
  dir.file("a/file", "x");
  EXPECT_EQ(put(1), Lines{"a/file=x"});
  rename("a", "b");
  dir.file("b/last", "y");
  EXPECT_EQ(put(2), (Lines{"a/file=x", "b/last=y"}));
  for (const FakeEngine::Item& item : engine->items())
    engine->outcome(item.token, STOQ_OUTCOME_DONE);
  watch();
  EXPECT_EQ(all(), Lines{});
}

TEST_F(DirmonTree, ADirectoryThatIsMovedInIsTakenAndOneThatIsMovedOutIsLeftAlone) {
  spare.file("tree/sub/file", "in");
  watch();
  std::filesystem::rename(spare / "tree", dir / "tree");
  EXPECT_EQ(put(1), Lines{"tree/sub/file=in"});
  std::filesystem::rename(dir / "tree", spare / "back");
  spare.file("back/sub/more");
  dir.file("tree/other", "again");
  EXPECT_EQ(put(2), (Lines{"tree/other=again", "tree/sub/file=in"}));
  EXPECT_EQ(all().size(), 2U);
  EXPECT_EQ(engine->log(), Lines{});
}

TEST_F(DirmonTree, ADirectoryThatComesBackIsTakenOnceMore) {
  watch();
  dir.file("batch/one", "1");
  dir.file("batch/sub/deep/two", "2");
  EXPECT_EQ(all(), (Lines{"batch/one=1", "batch/sub/deep/two=2"}));
  for (size_t times = 2; times < 4; ++times) {
    move_out("batch");
    all();
    move_in("batch");
    Lines expected(times, "batch/one=1");
    expected.resize(2 * times, "batch/sub/deep/two=2");
    EXPECT_EQ(all(), expected);
  }
  watch();
  EXPECT_EQ(all(), Lines{});
}

TEST_F(DirmonTree, OneThatIsBackBeforeItWasMissedIsToldFromOneThatMovedInside) {
  watch();
  dir.file("out/sub/file", "out");
  dir.file("inside/sub/file", "inside");
  dir.file("away/sub/file", "away");
  const Lines before{"away/sub/file=away", "inside/sub/file=inside", "out/sub/file=out"};
  EXPECT_EQ(all(), before);
  engine->block(true);
  dir.file("blocks", "");
  ASSERT_TRUE(engine->wait_blocked());
  move_out("out");
  move_in("out");
  rename("inside", "elsewhere");
  rename("elsewhere", "inside");
  move_out("away");
  std::filesystem::rename(spare / "away", dir / "renamed");
  engine->block(false);
  EXPECT_EQ(all(), (Lines{"away/sub/file=away", "blocks=", "inside/sub/file=inside",
                          "out/sub/file=out", "out/sub/file=out", "renamed/sub/file=away"}));
}

TEST_F(DirmonTree, NothingOfADirectoryThatComesBackIsTakenTwice) {
  constexpr size_t kFiles = 200;
  const auto name = [](size_t i) { return (i % 2 ? "batch/" : "batch/sub/") + std::to_string(i); };
  watch();
  for (size_t i = 0; i < kFiles; ++i) dir.file(name(i), "old");
  EXPECT_EQ(all().size(), kFiles);
  move_out("batch");
  all();
  engine->block(true);
  move_in("batch");
  // While the first of them is put, each is written to, which is an event for most.
  ASSERT_TRUE(engine->wait_blocked());
  for (size_t i = 0; i < kFiles; ++i) dir.file(name(i), "new");
  engine->block(false);
  const Lines lines = all();
  EXPECT_EQ(lines.size(), 2 * kFiles + 1);
  for (size_t i = 0; i < kFiles; ++i)
    EXPECT_EQ(std::count(lines.begin(), lines.end(), name(i) + "=new"), 1) << name(i);
}

TEST_F(DirmonTree, DirectoriesThatSwapNamesAreToldApart) {
  dir.file("a/old", "a");
  dir.file("b/old", "b");
  watch();
  rename("a", "t");
  rename("b", "a");
  rename("t", "b");
  dir.file("a/one", "1");
  dir.file("b/two", "2");
  wait_put({"a/one=1", "b/two=2"});
  // Seen too late, the renames may look like new files; but never like wrong ones.
  for (const std::string& line : all())
    EXPECT_TRUE(line == "a/one=1" || line == "b/two=2" || line == "a/old=b" || line == "b/old=a")
        << line;
}

TEST_F(DirmonTree, ADirectoryThatIsMadeAnewIsWatchedAnew) {
  watch();
  for (int i = 0; i < 5; ++i) {
    dir.file("sub/deep/file", std::to_string(i));
    wait_put({"sub/deep/file=" + std::to_string(i)});
    remove_all(dir / "sub");
  }
  EXPECT_EQ(all().size(), 5U);
}

TEST_F(DirmonTree, IgnoredNamesOfDirectoriesAreIgnored) {
  start({"recursive=true", "ignore=.*"});
  dir.file(".git/file");
  dir.file("sub/.hidden");
  dir.file("sub/shown", "x");
  EXPECT_EQ(put(1), Lines{"sub/shown=x"});
  EXPECT_EQ(all(), Lines{"sub/shown=x"});
}

TEST_F(DirmonTree, LinksToDirectoriesAreNotFollowed) {
  spare.file("file");
  start({"recursive=true", "follow_links=true"});
  std::filesystem::create_directory_symlink(spare.path(), dir / "link");
  ASSERT_TRUE(engine->wait_log(dir / "link is skipped: it is a link to a directory"));
  EXPECT_EQ(all(), Lines{});
}

class DirmonRootGone : public Watched {
 protected:
  DirmonRootGone() { create_directories(path); }
  void watch(std::vector<std::string> more = {}) {
    more.push_back("source_dir=" + path);
    more.push_back("state=" + state.path());
    engine = std::make_unique<FakeEngine>(more);
    engine->start();
    ASSERT_TRUE(engine->wait_watching());
  }
  bool wait_gone() {
    return engine->wait_log(
        path + " was removed, moved or replaced; it is watched again as soon as it is there");
  }
  bool wait_back() { return engine->wait_log(path + " is there, and watched again"); }
  const std::string path = dir / "parent/watched";
};

TEST_F(DirmonRootGone, ItIsWatchedAgainWhenItIsBack) {
  watch();
  dir.file("parent/watched/one", "1");
  EXPECT_EQ(put(1), Lines{"parent/watched/one=1"});
  remove_all(path);
  ASSERT_TRUE(wait_gone());
  dir.file("parent/watched/one", "again");
  dir.file("parent/watched/two", "2");
  ASSERT_TRUE(wait_back());
  dir.file("parent/watched/three", "3");
  EXPECT_EQ(put(4), (Lines{"parent/watched/one=1", "parent/watched/one=again",
                           "parent/watched/three=3", "parent/watched/two=2"}));
}

TEST_F(DirmonRootGone, AReplacedParentIsNoticed) {
  watch({"recursive=true"});
  dir.file("parent/watched/sub/one", "1");
  EXPECT_EQ(put(1), Lines{"parent/watched/sub/one=1"});
  dir.file("other/watched/sub/two", "2");
  rename("parent", "away");
  rename("other", "parent");
  ASSERT_TRUE(wait_back());
  dir.file("parent/watched/sub/three", "3");
  dir.file("away/watched/sub/four");
  EXPECT_EQ(put(3), (Lines{"parent/watched/sub/one=1", "parent/watched/sub/three=3",
                           "parent/watched/sub/two=2"}));
}

}  // namespace
}  // namespace stoq::plugins::dirmon
