// SPDX-License-Identifier: Apache-2.0
#include "monitor.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "files/tests/without_rights.h"
#include "watched.h"

namespace stoq::plugins::dirmon {
namespace {

using files::payload_meta;

using DirmonFiles = Watched;

TEST(DirmonStart, WithoutADirectoryItDoesNotLoad) {
  TemporaryDirectory dir;
  const auto refused = [](const std::vector<std::string>& options) {
    FakeEngine engine(options);
    EXPECT_FALSE(engine.create());
    return engine.raised;
  };
  const std::string advice =
      "; set source_dir in the section [dirmon] of stoq.cfg, or give --plugin-opts "
      "dirmon:source_dir=PATH";
  const std::string none = "StoqPluginException: Source directory not defined or doesn't exist: '";
  EXPECT_EQ(refused({}), none + "'" + advice);
  EXPECT_EQ(refused({"source_dir=" + dir / "none"}), none + dir / "none'" + advice);
  EXPECT_EQ(refused({"source_dir=" + dir.file("file")}),
            "StoqPluginException: source_dir " + dir / "file" +
                " cannot be watched: Not a directory; point source_dir to a directory");
}

TEST(DirmonStart, AJournalInTheWatchedDirectoryIsRefused) {
  TemporaryDirectory dir;
  std::filesystem::create_directory_symlink(dir.path(), dir / "link");
  const auto refused = [&](const std::string& kept, const std::string& recursive) {
    FakeEngine engine({"source_dir=" + dir.path(), "recursive=" + recursive, kept});
    return engine.create() ? "" : engine.raised;
  };
  const auto message = [&](const std::string& path) {
    return "StoqPluginException: the journal would be kept in " + path +
           ", where files are watched for; set journal_dir to a directory outside " + dir.path();
  };
  EXPECT_EQ(refused("journal_dir=" + dir.path(), "false"), message(dir.path()));
  EXPECT_EQ(refused("journal_dir=" + dir / "link", "false"), message(dir / "link"));
  EXPECT_EQ(refused("journal_dir=" + dir / "a/b", "true"), message(dir / "a/b"));
  EXPECT_EQ(refused("state=" + dir / "a", "true"), message(dir / "a"));
  EXPECT_EQ(refused("state=" + dir / "a", "false"), "");
  EXPECT_EQ(refused("journal_dir=" + dir.path() + "2", "true"), "");
}

TEST(DirmonStart, ADirectoryThatVanishesBeforeTheStartIsAnError) {
  TemporaryDirectory dir;
  std::filesystem::create_directory(dir / "watched");
  FakeEngine engine({"source_dir=" + dir / "watched"});
  ASSERT_TRUE(engine.create());
  std::filesystem::remove(dir / "watched");
  EXPECT_EQ(engine.ingest(), STOQ_FAILED);
  EXPECT_EQ(engine.raised, "StoqPluginException: source_dir " + dir / "watched" +
                               " cannot be watched: No such file or directory");
}

TEST_F(DirmonFiles, WhatIsThereIsNotTakenAndWhatArrivesIs) {
  dir.file("old");
  start();
  dir.file("new", "hello");
  EXPECT_EQ(all(), Lines{"new=hello"});
  EXPECT_EQ(engine->metas()[0], payload_meta(dir.path(), "new"));
  engine->stop();
  EXPECT_EQ(engine->errors, Lines{});
  EXPECT_EQ(engine->log(), Lines{});
}

TEST_F(DirmonFiles, OnlyCompleteFilesAreTaken) {
  start();
  std::ofstream slow(dir / "slow");
  std::string content;
  for (int i = 0; i < 20; ++i) {
    slow << "part" << std::flush;
    content += "part";
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
    EXPECT_EQ(engine->items().size(), 0U);
  }
  slow.close();
  EXPECT_EQ(all(), Lines{"slow=" + content});
}

TEST_F(DirmonFiles, AFileWithAnotherWriterIsNotComplete) {
  start();
  const std::string path = dir / "shared";
  const int first = open(path.c_str(), O_WRONLY | O_CREAT, 0644);
  const int second = open(path.c_str(), O_WRONLY);
  ASSERT_EQ(write(first, "one", 3), 3);
  close(first);
  EXPECT_EQ(all(), Lines{});
  ASSERT_EQ(pwrite(second, "two", 3, 3), 3);
  close(second);
  wait_put({"shared=onetwo"});
  EXPECT_EQ(all(), Lines{"shared=onetwo"});
}

TEST_F(DirmonFiles, AFileThatIsOpenAtTheStartIsTakenWhenItIsClosed) {
  std::ofstream writer(dir / "file");
  writer << "one" << std::flush;
  start();
  EXPECT_EQ(all(), Lines{});
  writer << "two";
  writer.close();
  wait_put({"file=onetwo"});
  EXPECT_EQ(all(), Lines{"file=onetwo"});
}

TEST_F(DirmonFiles, AFileThatIsStillOpenAtTheEndIsNamed) {
  start();
  std::ofstream writer(dir / "file");
  close(open((dir / "file").c_str(), O_WRONLY));
  EXPECT_EQ(all(), Lines{});
  engine->stop();
  EXPECT_EQ(engine->log(), Lines{"1 files of " + dir.path() +
                                 " are still open for writing; the next run takes them"});
}

TEST_F(DirmonFiles, EachClosingOfARewrittenFileCounts) {
  start();
  for (const std::string content : {"aaa", "bbb", "ccc"}) {
    dir.file("file", content);
    wait_put({"file=" + content});
  }
  EXPECT_EQ(all(), (Lines{"file=aaa", "file=bbb", "file=ccc"}));
}

TEST_F(DirmonFiles, ARewrittenFileCannotHideBehindItsOldTime) {
  dir.file("file", "good");
  start();
  EXPECT_EQ(all(), Lines{});
  const auto before = std::filesystem::last_write_time(dir / "file");
  const int fd = open((dir / "file").c_str(), O_WRONLY);
  ASSERT_EQ(write(fd, "evil", 4), 4);
  std::filesystem::last_write_time(dir / "file", before);
  close(fd);
  wait_put({"file=evil"});
}

TEST_F(DirmonFiles, EmptyFilesAreFiles) {
  start();
  dir.file("written", "");
  ASSERT_EQ(mknod((dir / "made").c_str(), S_IFREG | 0644, 0), 0);
  EXPECT_EQ(put(2), (Lines{"made=", "written="}));
}

TEST_F(DirmonFiles, FilesThatAppearByRenameOrLinkAreTaken) {
  start();
  dir.file("target", "old");
  EXPECT_EQ(put(1), Lines{"target=old"});
  std::filesystem::rename(spare.file("from", "moved"), dir / "moved");
  std::filesystem::create_hard_link(spare.file("linked", "linked"), dir / "linked");
  std::filesystem::rename(spare.file("replacing", "new"), dir / "target");
  const int fd = open(dir.path().c_str(), O_TMPFILE | O_WRONLY, 0644);
  if (fd >= 0) {
    ASSERT_EQ(write(fd, "named", 5), 5);
    ASSERT_EQ(linkat(AT_FDCWD, ("/proc/self/fd/" + std::to_string(fd)).c_str(), AT_FDCWD,
                     (dir / "named").c_str(), AT_SYMLINK_FOLLOW),
              0);
    close(fd);
  } else {
    dir.file("named", "named");
  }
  const Lines expected = {"linked=linked", "moved=moved", "named=named", "target=new",
                          "target=old"};
  EXPECT_EQ(put(5), expected);
  EXPECT_EQ(all(), expected);
}

TEST_F(DirmonFiles, ARenamedFileIsTakenUnderItsNewName) {
  start({"ignore=*.tmp"});
  dir.file("capture.1.tmp", "content");
  rename("capture.1.tmp", "capture.1");
  rename("capture.1", "capture.2");
  const Lines lines = all();  // quick as it is, it may miss the name in the middle
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.back(), "capture.2=content");
  EXPECT_LE(lines.size(), 2U);
  engine->stop();
  EXPECT_EQ(engine->log(), Lines{});
}

TEST_F(DirmonFiles, AFileThatIsRemovedTooEarlyIsNamed) {
  start();
  engine->block(true);
  dir.file("first");
  ASSERT_TRUE(engine->wait_blocked());
  dir.file("gone");
  dir.file("renamed", "content");
  std::filesystem::remove(dir / "gone");
  rename("renamed", "kept");
  engine->block(false);
  EXPECT_EQ(all(), (Lines{"first=content", "kept=content"}));
  EXPECT_EQ(engine->log(), Lines{dir / "gone was removed before it could be read"});
}

TEST_F(DirmonFiles, NamesThatAreNotUtf8AreTaken) {
  start();
  dir.file("caf\xe9");
  ASSERT_TRUE(engine->wait_items(1));
  EXPECT_EQ(engine->metas(), Lines{payload_meta(dir.path(), "caf\xe9")});
}

TEST_F(DirmonFiles, WhatIsNoFileIsSkippedAndNamed) {
  start();
  mkfifo((dir / "fifo").c_str(), 0600);
  std::filesystem::create_directory(dir / "sub");
  dir.file("sub/file");
  std::filesystem::create_symlink("sub", dir / "link");
  ASSERT_TRUE(engine->wait_log(dir / "fifo is skipped: it is a FIFO"));
  ASSERT_TRUE(engine->wait_log(dir / "sub is skipped: it is a directory and recursive is off"));
  ASSERT_TRUE(engine->wait_log(dir / "link is skipped: it is a link to a directory"));
  EXPECT_EQ(all(), Lines{});
}

TEST_F(DirmonFiles, LinksAreFollowedInsideOnly) {
  spare.file("secret", "secret");
  start();
  dir.file("file", "inside");
  std::filesystem::create_symlink("file", dir / "in");
  std::filesystem::create_symlink(spare / "secret", dir / "out");
  std::filesystem::create_symlink("nowhere", dir / "dangling");
  ASSERT_TRUE(engine->wait_log(dir / "out is skipped: it is a link that leads out of source_dir, "
                                     "or may do so (follow_links = true follows it)"));
  ASSERT_TRUE(engine->wait_log(dir / "dangling could not be read: No such file or directory"));
  EXPECT_EQ(put(2), (Lines{"file=inside", "in=inside"}));
  engine->stop();
  EXPECT_EQ(engine->errors,
            Lines{"1 file or directory could not be read, first " + dir / "dangling" +
                  " (No such file or directory); the log names each, and the next run takes what "
                  "can be read then"});
  start({"follow_links=true"});
  EXPECT_EQ(put(1), Lines{"out=secret"});
}

TEST_F(DirmonFiles, AnUnreadableFileIsNamedAndTakenOnceItIsReadable) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, which it then gives up";
  engine = std::make_unique<FakeEngine>(
      std::vector<std::string>{"source_dir=" + dir.path(), "state=" + state.path()});
  ASSERT_TRUE(engine->create());
  engine->start([&] {
    ASSERT_TRUE(files::without_rights_over_others());
    EXPECT_EQ(engine->ingest(), STOQ_OK);
  });
  ASSERT_TRUE(engine->wait_watching());
  const int fd = open((dir / "file").c_str(), O_WRONLY | O_CREAT, 0);
  ASSERT_EQ(write(fd, "content", 7), 7);
  close(fd);
  ASSERT_TRUE(engine->wait_log(dir / "file could not be read: Permission denied"));
  ASSERT_EQ(chmod((dir / "file").c_str(), 0644), 0);
  EXPECT_EQ(put(1), Lines{"file=content"});
}

TEST_F(DirmonFiles, WithoutADescriptorToOpenItAFileWaits) {
  start();
  spare.file("file");
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  const int free = dup(0);
  close(free);
  const rlimit none{static_cast<rlim_t>(free), before.rlim_max};
  setrlimit(RLIMIT_NOFILE, &none);
  std::filesystem::rename(spare / "file", dir / "file");
  EXPECT_TRUE(engine->wait_log(dir / "file cannot be opened for now: Too many open files; it, and "
                                     "others like it, are tried again until they can"));
  setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(put(1), Lines{"file=content"});
}

TEST_F(DirmonFiles, AFailedFileIsNotedAndAFileThatIsGivenBackIsPutAgain) {
  start();
  engine->done = false;
  dir.file("bad");
  dir.file("late");
  ASSERT_TRUE(engine->wait_items(2));
  for (const FakeEngine::Item& item : engine->items()) {
    const bool bad = item.meta.find("bad") != item.meta.npos;
    engine->outcome(item.token, bad ? STOQ_OUTCOME_FAILED : STOQ_OUTCOME_RETRY, "no luck");
  }
  ASSERT_TRUE(engine->wait_items(3));
  engine->outcome(engine->items().back().token, STOQ_OUTCOME_RETRY, "no luck");
  EXPECT_EQ(put(4), (Lines{"bad=content", "late=content", "late=content", "late=content"}));
  engine->outcome(engine->items().back().token, STOQ_OUTCOME_DONE);
  engine->outcome(12345, STOQ_OUTCOME_DONE);
  engine->stop();
  const std::string again = dir / "late is to be tried again: no luck";
  const Lines log = engine->log();
  EXPECT_EQ(std::count(log.begin(), log.end(), again), 2);
  EXPECT_EQ(std::count(log.begin(), log.end(), dir / "bad failed: no luck"), 1);
  engine->clear_log();
  engine->destroy();
  EXPECT_EQ(engine->log(),
            Lines{"1 files are done, 1 failed, 0 are to be tried again by the next run"});
  start();
  EXPECT_EQ(all(), Lines{});
}

TEST_F(DirmonFiles, ItEndsAtOnceWhenTheEngineEndsIntake) {
  start();
  engine->block(true);
  dir.file("waits");
  ASSERT_TRUE(engine->wait_blocked());
  engine->stop();
  engine->block(false);
  EXPECT_EQ(engine->items().size(), 0U);
  // The same instance goes on where it was.
  engine->start();
  EXPECT_EQ(put(1), Lines{"waits=content"});
}

}  // namespace
}  // namespace stoq::plugins::dirmon
