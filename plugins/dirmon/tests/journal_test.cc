// SPDX-License-Identifier: Apache-2.0
#include "journal.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "fake_engine.h"
#include "tests/support/temporary_directory.h"

namespace stoq::plugins::dirmon {
namespace {

using namespace stoq::test;
constexpr Identity kId{12, 34, 56}, kOther{12, 35, 56}, kTouched{12, 34, 57};

class DirmonJournal : public testing::Test {
 protected:
  std::unique_ptr<Journal> open() {
    auto journal =
        std::make_unique<Journal>(sdk::Host(engine.host()), state.path(), "/watched", false);
    journal->open();
    return journal;
  }
  // One that has had its first start.
  std::unique_ptr<Journal> begun() {
    auto journal = open();
    journal->begin();
    journal->commit();
    return journal;
  }
  uint64_t take(Journal& journal, const std::string& path, const Identity& id = kId) {
    journal.take(++last_token, path, id, 0);
    return last_token;
  }
  void finish(Journal& journal, const std::string& path, const Identity& id = kId) {
    journal.settle(take(journal, path, id), "done");
  }
  std::string file() const {
    for (const std::string& name : names_in(state.path()))
      if (name.ends_with(".journal")) return state / name;
    return "";
  }
  // Without those of files in work, but for `all`.
  std::string lines(bool all = false) const {
    std::ifstream in(file());
    std::string text, line;
    std::getline(in, line);
    while (std::getline(in, line))
      if (all || !line.starts_with("taken")) text += line + '\n';
    return text;
  }
  void add(const std::string& text) const { std::ofstream(file(), std::ios::app) << text; }

  TemporaryDirectory state;
  FakeEngine engine{{}};
  uint64_t last_token = 0;
};

TEST_F(DirmonJournal, TheFirstStartEndsWithCommit) {
  {
    auto journal = open();
    EXPECT_TRUE(journal->first());
    journal->begin();
    journal->note("old", kId, 0);
  }
  EXPECT_EQ(names_in(state.path()).size(), 1U);  // the lock
  {
    auto journal = open();
    EXPECT_TRUE(journal->first());
    EXPECT_FALSE(journal->knows("old", kId));
    journal->begin();
    journal->note("old", kId, 0);
    journal->note("event came", kId, 0);
    journal->forget("event came");
    journal->commit();
    EXPECT_FALSE(journal->first());
  }
  auto journal = open();
  EXPECT_FALSE(journal->first());
  EXPECT_TRUE(journal->knows("old", kId));
  EXPECT_FALSE(journal->knows("old", kOther));
  EXPECT_FALSE(journal->knows("event came", kId));
}

TEST_F(DirmonJournal, OnlySettledFilesSurvive) {
  {
    auto journal = begun();
    const uint64_t done = take(*journal, "done"), failed = take(*journal, "failed"),
                   older = take(*journal, "in work"), given_back = take(*journal, "given back");
    take(*journal, "in work");  // the same by all that can be seen, but written once more
    journal->settle(done, "done");
    journal->settle(failed, "failed");
    finish(*journal, "new\nline\\");
    finish(*journal, "\xff");
    journal->settle(older, "done");
    journal->settle(done, "done");
    journal->settle(12345, "done");
    journal->give_back(given_back);
    journal->give_back(given_back);
    EXPECT_TRUE(journal->knows("in work", kId));
    EXPECT_FALSE(journal->knows("given back", kId));
  }
  EXPECT_EQ(lines(),
            "done 12 34 56 done\nfailed 12 34 56 failed\ndone 12 34 56 new\\nline\\\\\n"
            "done 12 34 56 \xff\ngone 12 34 56 given back\n");
  auto journal = open();
  EXPECT_EQ(journal->size(), 4U);
  for (const char* path : {"done", "failed", "new\nline\\", "\xff"})
    EXPECT_TRUE(journal->knows(path, kId)) << path;
}

TEST_F(DirmonJournal, AnEventCountsUnlessTheFileIsKnownFirmly) {
  auto journal = begun();
  journal->take(1, "soft", kId, 0);
  journal->take(2, "firm", kId, 78);
  EXPECT_FALSE(journal->knows_firmly("soft", kId, 78));
  EXPECT_TRUE(journal->knows_firmly("firm", kId, 78));
  EXPECT_FALSE(journal->knows_firmly("firm", kId, 79));
  EXPECT_FALSE(journal->knows_firmly("firm", kOther, 78));
}

TEST_F(DirmonJournal, ForgetsAndRenames) {
  {
    auto journal = begun();
    for (const char* path : {"a", "b", "c"}) finish(*journal, path);
    journal->forget("a");
    journal->forget("a");
    EXPECT_TRUE(journal->rename("b", "d/b", kId));
    EXPECT_FALSE(journal->rename("c", "d/c", kOther));
    EXPECT_FALSE(journal->rename("none", "d/none", kId));
  }
  auto journal = open();
  EXPECT_FALSE(journal->knows("a", kId));
  EXPECT_FALSE(journal->knows("b", kId));
  EXPECT_TRUE(journal->knows("d/b", kId));
  EXPECT_TRUE(journal->knows("c", kId));
}

TEST_F(DirmonJournal, ForgetsWhatWasKnownBeforeAnEra) {
  finish(*begun(), "by an earlier run");
  auto journal = open();
  for (const char* path : {"before", "before, by another name"}) finish(*journal, path);
  const uint32_t era = journal->begin_era();
  finish(*journal, "since");
  journal->fail("failed since", kId, 0);
  EXPECT_TRUE(journal->rename("before, by another name", "renamed since", kId));
  for (const char* path : {"by an earlier run", "before", "renamed since"}) {
    journal->forget(path, era);
    EXPECT_FALSE(journal->knows(path, kId)) << path;
  }
  for (const char* path : {"since", "failed since"}) {
    journal->forget(path, era);
    EXPECT_TRUE(journal->knows(path, kId)) << path;
    journal->forget(path, journal->begin_era());
    EXPECT_FALSE(journal->knows(path, kId)) << path;
  }
}

TEST_F(DirmonJournal, ARenameOrATouchReachesWhatIsInWork) {
  {
    auto journal = begun();
    const uint64_t renamed = take(*journal, "a"), touched = take(*journal, "b");
    EXPECT_TRUE(journal->rename("a", "d/a", kId));
    EXPECT_TRUE(journal->touch("b", kTouched));
    EXPECT_EQ(lines(), "gone 0 0 0 a\n");
    journal->settle(renamed, "done");
    journal->settle(touched, "failed");
    EXPECT_EQ(lines(), "gone 0 0 0 a\ndone 12 34 56 d/a\nfailed 12 34 57 b\n");
  }
  auto journal = open();
  EXPECT_TRUE(journal->knows("d/a", kId));
  EXPECT_TRUE(journal->knows("b", kTouched));
}

TEST_F(DirmonJournal, ATouchIsOfTheSameFileOnly) {
  auto journal = begun();
  finish(*journal, "a");
  EXPECT_FALSE(journal->touch("a", kOther));
  EXPECT_FALSE(journal->touch("a", {13, 34, 57}));
  EXPECT_FALSE(journal->touch("none", kTouched));
  EXPECT_TRUE(journal->knows("a", kId));
  EXPECT_TRUE(journal->touch("a", kTouched));
  EXPECT_TRUE(journal->touch("a", kTouched));
  EXPECT_FALSE(journal->knows("a", kId));
  EXPECT_EQ(lines(), "done 12 34 56 a\nseen 12 34 57 a\n");
}

TEST_F(DirmonJournal, ATornLineIsIgnoredAndCutOff) {
  begun();
  add("done 1 2 3 whole\ndone 1 2 3 to");
  {
    auto journal = open();
    EXPECT_EQ(engine.log(), Lines{});
    EXPECT_EQ(journal->size(), 1U);
    finish(*journal, "next");
  }
  EXPECT_EQ(lines(), "done 1 2 3 whole\ndone 12 34 56 next\n");
}

TEST_F(DirmonJournal, ATornLineMayBeLong) {
  begun();
  add("done 1 2 3 whole\n" + std::string(300'000, 'x'));
  EXPECT_EQ(open()->size(), 1U);
  EXPECT_EQ(lines(), "done 1 2 3 whole\n");
}

TEST_F(DirmonJournal, DamagedLinesAreCounted) {
  begun();
  add("done 1 2 3 a\nwhat 1 2 3 b\ndone 1 2 c\ndone 1 2 3 \n\ndone x 2 3 d\n"
      "done 99999999999999999999 2 3 e\n" +
      std::string(200'000, 'x') + "\ndone 1 2 3 f\n");
  EXPECT_EQ(open()->size(), 2U);
  EXPECT_EQ(engine.log(), Lines{"7 lines of " + file() +
                                " are damaged; the files that they stood for are taken again"});
}

TEST_F(DirmonJournal, WhatIsNoJournalOfThisDirectoryIsMovedAside) {
  begun();
  std::ofstream(file(), std::ios::trunc) << "stoq-dirmon-journal 2 /watched\n";
  const std::string path = file();
  auto journal = open();
  EXPECT_TRUE(journal->lost());
  EXPECT_TRUE(journal->first());
  EXPECT_EQ(engine.log(),
            Lines{path + " is no journal that this version can read; it was moved to " + path +
                  ".broken, and all files of /watched are taken, since it may have said which are "
                  "new"});
  EXPECT_EQ(read_all(path + ".broken"), "stoq-dirmon-journal 2 /watched\n");
}

TEST_F(DirmonJournal, CountsTheRunsThatDiedWithAFileInWork) {
  begun();
  for (unsigned run = 0; run < files::kMostDeaths; ++run) {
    auto journal = open();
    for (const char* path : {"a", "renamed", "given back"})
      EXPECT_EQ(journal->deaths(path, kId), run) << path;
    EXPECT_EQ(journal->deaths("a", kOther), 0U);
    take(*journal, "a");
    take(*journal, "a");  // twice in one run
    take(*journal, "renamed");
    EXPECT_TRUE(journal->rename("renamed", "elsewhere", kId));
    EXPECT_TRUE(journal->rename("elsewhere", "renamed", kId));
    take(*journal, "given back");
  }
  {
    auto journal = open();
    journal->give_back(take(*journal, "given back"));
    EXPECT_FALSE(journal->knows("a", kId));
    journal->fail("a", kId, 0);
    finish(*journal, "renamed");
  }
  auto journal = open();
  EXPECT_EQ(journal->deaths("given back", kId), files::kMostDeaths) << "that run did not die";
  EXPECT_TRUE(journal->knows("a", kId));
  EXPECT_TRUE(journal->knows("renamed", kId));
  for (const char* path : {"a", "renamed"}) EXPECT_EQ(journal->deaths(path, kId), 0U);
}

TEST_F(DirmonJournal, DurablyItKeepsTheSame) {
  begun();
  {
    Journal journal(sdk::Host(engine.host()), state.path(), "/watched", true);
    journal.open();
    for (int i = 0; i < 3; ++i) finish(journal, std::to_string(i));
  }
  EXPECT_EQ(lines(), "done 12 34 56 0\ndone 12 34 56 1\ndone 12 34 56 2\n");
  EXPECT_EQ(engine.log(), Lines{});
}

TEST_F(DirmonJournal, OneRunAtATime) {
  const auto first = begun();
  EXPECT_EQ(error_of<sdk::Error>([&] { open(); }),
            "another run watches /watched and keeps its journal " + file() + " (process " +
                std::to_string(getpid()) +
                "); end it first, or let both scan each file, with a journal_dir of its own");
  Journal elsewhere(sdk::Host(engine.host()), state.path(), "/elsewhere", false);
  elsewhere.open();
  EXPECT_TRUE(elsewhere.first());
}

TEST_F(DirmonJournal, WhereItCannotBeKeptTheReasonIsGiven) {
  const std::string path = state.file("file");
  Journal journal(sdk::Host(engine.host()), path, "/watched", false);
  const std::string error = error_of<sdk::Error>([&] { journal.open(); });
  EXPECT_TRUE(error.starts_with("cannot open " + path + "/")) << error;
  EXPECT_TRUE(error.ends_with(
      ".journal.lock: Not a directory; without it the files that arrive while nobody watches would "
      "be lost: mend that, or set journal_dir to another place"))
      << error;
}

TEST_F(DirmonJournal, AFullDiskIsSaidOnceAndLeavesNoTornLine) {
  {
    auto journal = begun();
    finish(*journal, "before");
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    getrlimit(RLIMIT_FSIZE, &limit);
    const rlimit full{std::filesystem::file_size(file()) + 5, limit.rlim_max};
    setrlimit(RLIMIT_FSIZE, &full);
    finish(*journal, "lost");
    finish(*journal, "lost, too");
    setrlimit(RLIMIT_FSIZE, &limit);
    std::signal(SIGXFSZ, handler);
    finish(*journal, "after");
    EXPECT_TRUE(journal->knows("lost", kId));
  }
  EXPECT_EQ(lines(), "done 12 34 56 before\ndone 12 34 56 after\n");
  EXPECT_EQ(engine.log(),
            Lines{"the journal " + file() +
                  " cannot be written: File too large; files that are done from now on may be "
                  "taken again after a restart"});
}

TEST_F(DirmonJournal, ItStaysSmall) {
  {
    auto journal = begun();
    for (const char* path : {"kept", "rewritten", "in work"}) finish(*journal, path);
    take(*journal, "died of");
  }
  {
    auto journal = open();
    journal->settle(take(*journal, "rewritten", kOther), "failed");
    take(*journal, "in work", kOther);
    for (int i = 0; i < 5'000; ++i) {
      finish(*journal, "passing");
      journal->forget("passing");
    }
    EXPECT_EQ(journal->size(), 3U);
  }
  const std::string text = lines();
  const std::string all = lines(true);
  EXPECT_TRUE(text.starts_with("done 12 34 56 kept\nfailed 12 35 56 rewritten\n"));
  EXPECT_LT(std::count(all.begin(), all.end(), '\n'), 4'200);
  EXPECT_EQ(names_in(state.path()).size(), 2U);
  auto journal = open();
  EXPECT_TRUE(journal->knows("kept", kId));
  EXPECT_TRUE(journal->knows("rewritten", kOther));
  EXPECT_FALSE(journal->knows("in work", kOther));
  EXPECT_EQ(journal->deaths("in work", kOther), 1U);
  EXPECT_EQ(journal->deaths("died of", kId), 1U);
  EXPECT_FALSE(journal->knows("passing", kId));
}

TEST_F(DirmonJournal, ARoundForgetsWhatItDidNotMeet) {
  auto journal = begun();
  const auto round = [&](const std::vector<std::string>& met, bool complete) {
    for (const char* path : {"a", "b"}) take(*journal, path);
    journal->begin_round();
    for (const std::string& path : met) journal->met(path);
    journal->end_round(complete);
    return journal->size();
  };
  EXPECT_EQ(round({"a"}, true), 1U);
  EXPECT_EQ(round({"a"}, false), 2U);
  EXPECT_EQ(round({}, true), 2U);  // perhaps a disk that is not mounted
  EXPECT_EQ(round({"new"}, true), 0U);
}

TEST(DirmonJournalInMemory, KnowsAsLongAsItLives) {
  FakeEngine engine({});
  Journal journal(sdk::Host(engine.host()), "", "/watched", false);
  journal.open();
  journal.open();
  EXPECT_EQ(
      engine.whole_log(),
      Lines{"there is no state directory, and journal_dir is not set: what is known of "
            "/watched is kept in memory, and files that arrive while nobody watches are not "
            "noticed; set journal_dir in the section [dirmon] of stoq.cfg to a directory that "
            "stays"});
  EXPECT_TRUE(journal.first());
  journal.begin();
  journal.note("a", kId, 0);
  journal.commit();
  EXPECT_FALSE(journal.first());
  EXPECT_TRUE(journal.knows("a", kId));
}

}  // namespace
}  // namespace stoq::plugins::dirmon
