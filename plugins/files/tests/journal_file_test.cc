// SPDX-License-Identifier: Apache-2.0
#include "files/journal_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "files/tests/without_rights.h"
#include "support/temporary_directory.h"

namespace stoq::plugins::files {
namespace {

using namespace stoq::test;
using Lines = std::vector<std::string>;

constexpr JournalFile::Kind kKind{"test", "mend it"};

class FilesJournalFile : public testing::Test {
 protected:
  std::unique_ptr<JournalFile> file() {
    return std::make_unique<JournalFile>(kKind, state.path(), "/source\n");
  }
  std::unique_ptr<JournalFile> begun() {
    auto journal = file();
    journal->begin();
    journal->commit(false);
    return journal;
  }
  static Lines told(const JournalFile& file, JournalFile::Read* read = nullptr) {
    Lines lines;
    const JournalFile::Read all = file.read([&](const Line& line) {
      lines.push_back(std::string(line.word) + " " + std::to_string(line.id.inode) + " " +
                      line.path);
    });
    if (read) *read = all;
    return lines;
  }
  TemporaryDirectory state;
};

TEST_F(FilesJournalFile, KeepsLines) {
  {
    auto journal = begun();
    const Line lines[] = {{"taken1", {1, 2, 3}, "a"}, {"done", {1, 2, 3}, "with\nline feed"}};
    EXPECT_EQ(journal->append(lines), 0);
    EXPECT_EQ(read_all(journal->path()),
              "stoq-test-journal 1 /source\\n\ntaken1 1 2 3 a\ndone 1 2 3 with\\nline feed\n");
  }
  auto journal = file();
  EXPECT_TRUE(journal->exists());
  EXPECT_EQ(told(*journal), (Lines{"taken1 1 a", "done 1 with\nline feed"}));
}

TEST_F(FilesJournalFile, WhatIsForeignIsNamedAndMovedAside) {
  const std::string path = begun()->path();
  const std::pair<std::string, std::string_view> cases[] = {
      {"", "is no journal that this version can read"},
      {"stoq-test-journal 1 /source\\n", "is no journal that this version can read"},
      {"stoq-test-journal 2 /source\\n\n", "is no journal that this version can read"},
      {"stoq-other-journal 1 /source\\n\n", "is no journal that this version can read"},
      {std::string(1'000'000, 'x'), "is no journal that this version can read"},
      {"stoq-test-journal 1 /other\n", "is the journal of another directory"}};
  int aside = 0;
  for (const auto& [text, why] : cases) {
    std::ofstream(path, std::ios::trunc) << text;
    auto journal = file();
    JournalFile::Read read;
    EXPECT_EQ(told(*journal, &read), Lines{});
    EXPECT_EQ(read.foreign, why) << text.substr(0, 100);
    const std::string name = path + ".broken" + (aside > 0 ? std::to_string(aside) : "");
    ++aside;
    EXPECT_EQ(journal->move_aside(), name);
    EXPECT_EQ(read_all(name), text);
    EXPECT_FALSE(journal->exists());
  }
}

TEST_F(FilesJournalFile, WhatIsNoFileIsNeverWaitedFor) {
  const std::string path = begun()->path();
  std::filesystem::remove(path);
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  auto journal = file();
  EXPECT_EQ(journal->read([](const Line&) {}).foreign, "is no file");
  journal->move_aside();
  std::filesystem::create_directory(path);
  EXPECT_EQ(journal->read([](const Line&) {}).foreign, "is no file");
  EXPECT_EQ(journal->move_aside(), path + ".broken1");
}

// It may be on a disk that is not there yet: no first start, which would take other files.
TEST_F(FilesJournalFile, ALinkThatLeadsNowhereIsNone) {
  const std::string path = begun()->path();
  auto journal = file();
  for (const std::string& target : {path + ".none", path}) {
    std::filesystem::remove(path);
    std::filesystem::create_symlink(target, path);
    EXPECT_TRUE(journal->exists());
    EXPECT_EQ(journal->read([](const Line&) {}).foreign, "is a link that leads nowhere");
    journal->move_aside();
    EXPECT_FALSE(journal->exists());
  }
}

TEST_F(FilesJournalFile, WhatTookThePlaceOfTheOldOneIsWrittenToThoughItsNameIsNotOnTheDisk) {
  auto journal = begun();
  journal->begin();
  journal->add({"seen", {1, 2, 3}, "a"});
  ASSERT_EQ(chmod(state.path().c_str(), 0300), 0);
  std::string error;
  std::jthread([&] {
    ASSERT_TRUE(geteuid() != 0 || without_rights_over_others());
    error = error_of<sdk::Error>([&] { journal->commit(true); });
  }).join();
  ASSERT_EQ(chmod(state.path().c_str(), 0700), 0);
  EXPECT_EQ(error, "cannot write the journal " + journal->path() + ": Permission denied; mend it");
  const Line line{"done", {1, 2, 3}, "b"};
  EXPECT_EQ(journal->append({&line, 1}), 0);
  EXPECT_EQ(told(*journal), (Lines{"seen 1 a", "done 1 b"}));
}

TEST_F(FilesJournalFile, OneHasTheLockUntilItRemovesIt) {
  auto first = begun();
  EXPECT_EQ(error_of<InUse>([&] { file(); }),
            first->path() + " (process " + std::to_string(getpid()) + ")");
  first->remove();
  EXPECT_EQ(names_in(state.path()), Lines{});
  auto second = begun();  // while the first still lives
  EXPECT_THROW(file(), InUse);
  EXPECT_EQ(names_in(state.path()).size(), 2U);
}

}  // namespace
}  // namespace stoq::plugins::files
