// SPDX-License-Identifier: Apache-2.0
//
// What an unfinished run leaves for the next one.
#include "journal.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <set>

#include "fake_engine.h"
#include "tests/support/temporary_directory.h"

namespace stoq::plugins::filedir {
namespace {

using namespace stoq::test;

class FiledirJournal : public testing::Test {
 protected:
  using Tokens = std::map<std::string, uint64_t>;  // by the name of the file

  void SetUp() override {
    for (const char* name : {"a", "b", "c", "d"}) dir.file(name);
  }
  std::unique_ptr<FakeEngine> start(std::vector<std::string> more = {}) {
    more.push_back("source_dir=" + dir.path());
    more.push_back("state=" + state.path());
    auto engine = std::make_unique<FakeEngine>(more);
    taken.clear();
    engine->put = [this](std::string meta, uint64_t token) {
      const std::string name(*sdk::JsonView(meta)["extra_data"]["filename"].as_string());
      if (name == refused) return false;
      taken[name] = token;
      if (alone.contains(name)) current->outcome(token, STOQ_OUTCOME_DONE);
      return true;
    };
    current = engine.get();
    return engine;
  }
  std::string names() const {
    std::string all;
    for (const auto& [name, token] : taken) all += name;
    return all;
  }
  // The names of files that are taken by a run in which `done` of them get their outcome.
  std::string run(const std::string& done, bool whole = false) {
    const auto engine = start();
    EXPECT_EQ(engine->ingest(), STOQ_OK) << engine->raised;
    journal = file();
    for (const auto& [name, token] : taken)
      if (whole || done.find(name) != done.npos) engine->outcome(token, STOQ_OUTCOME_DONE);
    log = engine->log();
    errors = engine->errors;
    return names();
  }
  std::string file() const {
    for (const std::string& name : names_in(state.path()))
      if (name.ends_with(".journal")) return state / name;
    return "";
  }
  bool said(const std::string& line) const {
    return std::find(log.begin(), log.end(), line) != log.end();
  }

  TemporaryDirectory dir, state;
  Tokens taken;
  std::string refused, journal;
  std::set<std::string> alone;  // have their outcome at once
  FakeEngine* current = nullptr;
  Lines log, errors;
};

TEST_F(FiledirJournal, ARunThatEndsLeavesNone) {
  EXPECT_EQ(run("", true), "abcd");
  EXPECT_EQ(names_in(state.path()), Lines{});
  EXPECT_EQ(run("", true), "abcd");
}

TEST_F(FiledirJournal, AnUnfinishedRunIsResumed) {
  EXPECT_EQ(run("bc"), "abcd");
  dir.file("c", "rewritten, and longer");
  EXPECT_EQ(run("", true), "acd");
  EXPECT_TRUE(said("a run on " + dir.path() +
                   " did not come to its end; files that it has done are not taken again, 2 by its "
                   "journal " +
                   journal + " (delete that to begin anew)"));
  EXPECT_EQ(names_in(state.path()), Lines{});
  EXPECT_EQ(run("", true), "abcd");
}

TEST_F(FiledirJournal, TheExpectationLeavesOutWhatIsDone) {
  run("bc");
  const auto engine = start();
  engine->ingest();
  EXPECT_EQ(engine->expected, 2);
}

TEST_F(FiledirJournal, AStoppedRunIsUnfinished) {
  refused = "c";
  EXPECT_EQ(run("", true), "ab");
  refused.clear();
  EXPECT_EQ(run("", true), "cd");
  EXPECT_EQ(names_in(state.path()), Lines{});
}

TEST_F(FiledirJournal, WhatFailedOrWasGivenBackIsTakenAgain) {
  {
    const auto engine = start();
    engine->ingest();
    engine->outcome(taken["a"], STOQ_OUTCOME_DONE);
    engine->outcome(taken["b"], STOQ_OUTCOME_FAILED, "no");
    engine->outcome(taken["c"], STOQ_OUTCOME_RETRY, "later");
    engine->outcome(taken["d"], STOQ_OUTCOME_DONE);
    EXPECT_NE(file(), "") << "an item is to be tried again";
  }
  EXPECT_EQ(run("", true), "bc");
}

TEST_F(FiledirJournal, WhatTheEngineDiesOfIsPutAloneAndThenFails) {
  EXPECT_EQ(run("d"), "abcd");
  EXPECT_EQ(run(""), "abc");
  {
    alone = {"a"};
    const auto engine = start();
    // b gets no outcome: the run ends there, as if it had been killed.
    auto put = engine->put;
    engine->put = [&](std::string meta, uint64_t token) {
      const bool go = put(std::move(meta), token);
      if (taken.contains("b")) engine->cancelled = true;
      return go;
    };
    engine->ingest();
    EXPECT_EQ(names(), "ab");
  }
  alone = {"c"};
  EXPECT_EQ(run(""), "c");
  const std::string why = dir / "b" +
                          " failed: the engine died 3 times while it was in work; it is not taken "
                          "again until a run has come to its end";
  EXPECT_TRUE(said(why));
  EXPECT_EQ(errors, Lines{why});
  EXPECT_EQ(names_in(state.path()), Lines{}) << "the run has come to its end";
  EXPECT_EQ(run("", true), "abcd");
}

TEST_F(FiledirJournal, ATornLineIsCutOff) {
  run("a");
  std::ofstream(file(), std::ios::app) << "done 1 2 3 " << dir / "b";
  EXPECT_EQ(run(""), "bcd");
  EXPECT_FALSE(
      said("1 lines of " + file() + " are damaged; the files that they stood for are taken again"));
}

TEST_F(FiledirJournal, DamagedLinesAreCounted) {
  run("a");
  std::ofstream(file(), std::ios::app) << "?\n" << std::string(8192, '\0') << "\n";
  EXPECT_EQ(run(""), "bcd");
  EXPECT_TRUE(
      said("2 lines of " + file() + " are damaged; the files that they stood for are taken again"));
}

TEST_F(FiledirJournal, WhatIsNoJournalIsMovedAside) {
  run("a");
  const std::string path = file();
  std::ofstream(path, std::ios::trunc) << "?";
  EXPECT_EQ(run("a"), "abcd");
  EXPECT_TRUE(said(path + " is no journal that this version can read; it was moved to " + path +
                   ".broken, and all files are taken"));
  EXPECT_EQ(read_all(path + ".broken"), "?");
  EXPECT_EQ(run(""), "bcd");
}

TEST_F(FiledirJournal, ASecondRunAtOnceKeepsNone) {
  const auto first = start();
  EXPECT_EQ(first->ingest(), STOQ_OK);
  const Tokens open = taken;
  EXPECT_EQ(run("", true), "abcd");
  EXPECT_TRUE(
      said("another run takes the files of " + dir.path() + " and keeps its journal " + file() +
           " (process " + std::to_string(getpid()) +
           "); this run keeps no journal: should it be killed, the next one takes all files "
           "again"));
  const std::string before = read_all(file());
  EXPECT_EQ(before.find("done"), before.npos);
  for (const auto& [name, token] : open) first->outcome(token, STOQ_OUTCOME_DONE);
  EXPECT_EQ(names_in(state.path()), Lines{});
}

TEST_F(FiledirJournal, WhereItCannotBeKeptTheRunGoesOn) {
  TemporaryDirectory other;
  const std::string path = other.file("file");
  const auto engine = std::make_unique<FakeEngine>(
      std::vector<std::string>{"source_dir=" + dir.path(), "state=" + path});
  EXPECT_EQ(engine->ingest(), STOQ_OK);
  const Lines lines = engine->log();
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_TRUE(lines[0].starts_with("cannot open " + path + "/")) << lines[0];
  EXPECT_TRUE(lines[0].ends_with(
      ".journal.lock: Not a directory; this run keeps no journal: should it be killed, the next "
      "one takes all files again"))
      << lines[0];
}

TEST_F(FiledirJournal, WithoutStateThereIsNone) {
  FakeEngine engine({"source_dir=" + dir.path()});
  EXPECT_EQ(engine.ingest(), STOQ_OK);
  EXPECT_EQ(engine.log()[0],
            "there is no state directory: this run keeps no journal: should it be killed, the next "
            "one takes all files again");
}

TEST_F(FiledirJournal, AFullDiskIsSaidOnceAndLeavesNoTornLine) {
  const auto engine = start({"durable=true"});
  engine->ingest();
  const std::string whole = read_all(file());
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  rlimit limit{};
  getrlimit(RLIMIT_FSIZE, &limit);
  const rlimit full{whole.size() + 5, limit.rlim_max};
  setrlimit(RLIMIT_FSIZE, &full);
  for (const char* name : {"a", "b"}) engine->outcome(taken[name], STOQ_OUTCOME_DONE);
  setrlimit(RLIMIT_FSIZE, &limit);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(read_all(file()), whole);
  engine->outcome(taken["c"], STOQ_OUTCOME_DONE);
  EXPECT_TRUE(read_all(file()).ends_with(dir / "c\n"));
  log = engine->log();
  EXPECT_EQ(std::count(log.begin(), log.end(),
                       "the journal " + file() +
                           " cannot be written: File too large; should this run be killed, files "
                           "that are done from now on may be taken again"),
            1);
}

}  // namespace
}  // namespace stoq::plugins::filedir
