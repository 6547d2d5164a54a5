// SPDX-License-Identifier: Apache-2.0
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "watched.h"

namespace stoq::plugins::dirmon {
namespace {

using DirmonRestart = Watched;

TEST_F(DirmonRestart, WhatArrivesInTheMeantimeIsTaken) {
  dir.file("old");
  dir.file("changed", "1");
  start({"recursive=true"});
  dir.file("done", "x");
  EXPECT_EQ(put(1), Lines{"done=x"});
  engine.reset();
  dir.file("changed", "22");
  dir.file("sub/new", "y");
  rename("old", "renamed");
  start({"recursive=true"});
  EXPECT_EQ(put(3), (Lines{"changed=22", "renamed=content", "sub/new=y"}));
  EXPECT_EQ(all().size(), 3U);
  start({"recursive=true"});
  EXPECT_EQ(all(), Lines{});
}

TEST_F(DirmonRestart, ExistingFilesAreTakenOnceWhenTheyShall) {
  dir.file("a", "1");
  dir.file("sub/b", "2");
  start({"existing=true", "recursive=true"});
  EXPECT_EQ(put(2), (Lines{"a=1", "sub/b=2"}));
  start({"existing=true", "recursive=true"});
  EXPECT_EQ(all(), Lines{});
}

TEST_F(DirmonRestart, WhatHadNoOutcomeIsTakenAgain) {
  start();
  engine->done = false;
  for (const char* name : {"a", "b", "c"}) dir.file(name, "x");
  ASSERT_TRUE(engine->wait_items(3));
  const auto items = engine->items();
  engine->outcome(items[0].token, STOQ_OUTCOME_DONE);
  Lines expected;
  for (size_t i = 1; i < 3; ++i)
    expected.push_back(*sdk::JsonView(items[i].meta)["extra_data"]["filename"].as_string() + "=x");
  start();
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(put(2), expected);
  EXPECT_EQ(all(), expected);
}

TEST_F(DirmonRestart, WhatTheEngineDiesOfIsPutAloneAndThenFails) {
  start();
  engine->done = false;
  for (const char* name : {"a", "b"}) dir.file(name, name);
  ASSERT_TRUE(engine->wait_items(2));
  done = false;
  start();
  ASSERT_TRUE(engine->wait_items(2));
  start();  // both were in work at two deaths
  ASSERT_TRUE(engine->wait_items(1));
  const auto first = engine->items();
  ASSERT_EQ(first.size(), 1U) << "the other one waits for its outcome";
  engine->outcome(first[0].token, STOQ_OUTCOME_DONE);
  ASSERT_TRUE(engine->wait_items(2));
  const std::string culprit = engine->contents()[1];
  start();
  const std::string text = dir / culprit +
                           " failed: the engine died 3 times while it was in work; it is not taken "
                           "again until it is written again";
  EXPECT_TRUE(engine->wait_log(text));
  engine->stop();
  EXPECT_EQ(engine->items().size(), 0U);
  EXPECT_EQ(engine->errors, Lines{text});
  done = true;
  start();
  dir.file(culprit, "rewritten");
  EXPECT_EQ(all(), Lines{culprit + "=rewritten"});
}

TEST_F(DirmonRestart, WhenItsJournalIsBrokenAllIsTaken) {
  start();
  dir.file("a", "x");
  EXPECT_EQ(put(1), Lines{"a=x"});
  engine.reset();
  dir.file("b", "y");
  for (const std::string& name : names_in(state.path()))
    if (name.ends_with(".journal")) std::ofstream(state / name, std::ios::trunc) << "?";
  start();
  EXPECT_EQ(put(2), (Lines{"a=x", "b=y"}));
  start();
  EXPECT_EQ(all(), Lines{});
}

TEST_F(DirmonRestart, TheFirstStartSaysWhatItDoesNotTake) {
  const std::string begin = "this is the first start on " + dir.path() + ": ";
  const auto said = [&] { return engine->whole_log()[0]; };
  dir.file("a");
  start();
  EXPECT_EQ(said(), begin +
                        "the file in it was noted as seen and is not taken (existing = true takes "
                        "what is there)");
  engine.reset();
  std::filesystem::remove_all(state.path());
  dir.file("b");
  start();
  EXPECT_EQ(said(), begin +
                        "the 2 files in it were noted as seen and are not taken (existing = true "
                        "takes what is there)");
}

TEST_F(DirmonRestart, ARemovedFileIsForgotten) {
  const std::string kept = spare.file("kept", "x");
  start();
  std::filesystem::create_hard_link(kept, dir / "file");
  EXPECT_EQ(put(1), Lines{"file=x"});
  std::filesystem::remove(dir / "file");
  EXPECT_EQ(all(), Lines{"file=x"});
  // The same name, inode, size and mtime: it was delivered once more all the same.
  std::filesystem::create_hard_link(kept, dir / "file");
  EXPECT_EQ(all(), (Lines{"file=x", "file=x"}));
  start();
  EXPECT_EQ(all(), Lines{});
}

TEST_F(DirmonRestart, WithoutStateItIsKeptInMemory) {
  engine = std::make_unique<FakeEngine>(std::vector<std::string>{"source_dir=" + dir.path()});
  engine->start();
  ASSERT_TRUE(
      engine->wait_log("this is the first start on " + dir.path() + ": it holds no files yet"));
  dir.file("a", "x");
  EXPECT_EQ(put(1), Lines{"a=x"});
  engine->stop();
  dir.file("b", "y");
  engine->start();
  EXPECT_EQ(put(2), (Lines{"a=x", "b=y"}));
  const Lines log = engine->whole_log();
  EXPECT_EQ(std::count(log.begin(), log.end(),
                       "there is no state directory, and journal_dir is not set: what is known "
                       "of " +
                           dir.path() +
                           " is kept in memory, and files that arrive while nobody watches are "
                           "not noticed; set journal_dir in the section [dirmon] of stoq.cfg to a "
                           "directory that stays"),
            1);
}

TEST_F(DirmonRestart, TheJournalLiesWhereTheOptionSays) {
  const std::string kept = spare / "made/for/it";
  start({"journal_dir=" + kept});
  dir.file("a", "x");
  EXPECT_EQ(put(1), Lines{"a=x"});
  engine.reset();
  EXPECT_EQ(names_in(kept).size(), 2U);
  EXPECT_EQ(names_in(state.path()), Lines{});
  dir.file("b", "y");
  start({"journal_dir=" + kept});
  EXPECT_EQ(put(1), Lines{"b=y"});
}

TEST_F(DirmonRestart, AFileWhoseTimesAreSetOnceItIsClosedStaysKnown) {
  const auto touch = [&](const std::string& name) {
    const timeval times[] = {{1'000'000'000, 0}, {1'000'000'000, 0}};
    ASSERT_EQ(utimes((dir / name).c_str(), times), 0);
  };
  dir.file("seen", "x");
  start();
  dir.file("done", "x");
  wait_put({"done=x"});
  engine->done = false;
  dir.file("in work", "x");
  dir.file("rewritten", "x");
  wait_put({"in work=x", "rewritten=x"});
  for (const char* name : {"seen", "done", "in work"}) touch(name);
  {
    std::ofstream writer(dir / "rewritten");
    writer << "y" << std::flush;
    touch("rewritten");
    std::filesystem::create_hard_link(spare.file("after", "x"), dir / "after");
    wait_put({"after=x"});
    for (const FakeEngine::Item& item : engine->items())
      engine->outcome(item.token, STOQ_OUTCOME_DONE);
    engine->stop();
  }
  start();
  EXPECT_EQ(all(), Lines{"rewritten=y"});
}

TEST_F(DirmonRestart, TwoRunsDoNotShareADirectory) {
  start();
  FakeEngine other({"source_dir=" + dir.path(), "state=" + state.path()});
  ASSERT_TRUE(other.create());
  EXPECT_EQ(other.ingest(), STOQ_FAILED);
  EXPECT_TRUE(other.raised.starts_with("StoqPluginException: another run watches " + dir.path() +
                                       " and keeps its journal " + state.path() + "/"))
      << other.raised;
}

TEST_F(DirmonRestart, AKillInTheMiddleLosesNothing) {
  dir.file("old");
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    FakeEngine killed({"source_dir=" + dir.path(), "state=" + state.path()});
    killed.most = 50;
    killed.start();
    if (!killed.wait_watching()) _exit(1);
    for (int i = 0; i < 100; ++i) std::ofstream(dir / std::to_string(i)) << i;
    if (!killed.wait_blocked()) _exit(1);
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  start();
  put(50);
  const Lines lines = all();
  // The one whose outcome was not written yet may come twice.
  EXPECT_GE(lines.size(), 50U);
  EXPECT_LE(lines.size(), 51U);
  for (const std::string& line : lines)
    EXPECT_EQ(line.substr(0, line.find('=')), line.substr(line.find('=') + 1));
  start();
  EXPECT_EQ(all(), Lines{});
}

}  // namespace
}  // namespace stoq::plugins::dirmon
