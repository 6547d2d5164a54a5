// SPDX-License-Identifier: Apache-2.0
#include "config/ini.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace stoq::config {
namespace {

std::string value(const Ini& ini, std::string_view section, std::string_view option) {
  const Entry* entry = ini.get(section, option);
  return entry ? entry->value : "(none)";
}

Ini good(std::string_view text) {
  std::vector<Problem> problems;
  Ini ini = Ini::parse(text, "stoq.cfg", problems);
  for (const Problem& problem : problems) ADD_FAILURE() << problem.message();
  return ini;
}

std::vector<std::string> messages(std::string_view text) {
  std::vector<Problem> problems;
  Ini::parse(text, "stoq.cfg", problems);
  std::vector<std::string> lines;
  for (const Problem& problem : problems) lines.push_back(problem.message());
  return lines;
}

using Lines = std::vector<std::string>;

TEST(Ini, ReadsSectionsOptionsAndLines) {
  const Ini ini =
      good("# comment\n[core]\nMax_Queue = 100\nurl: http://a:1/?b=c\n\n[Core]\nmax_queue=2\n");
  EXPECT_EQ(ini.sections(), (Lines{"core", "Core"}));
  EXPECT_EQ(value(ini, "core", "max_queue"), "100");
  EXPECT_EQ(value(ini, "core", "url"), "http://a:1/?b=c");
  EXPECT_EQ(value(ini, "Core", "max_queue"), "2");
  EXPECT_EQ(ini.get("core", "max_queue")->line, 3u);
  EXPECT_EQ(ini.get("Core", "max_queue")->line, 7u);
  EXPECT_EQ(value(ini, "core", "other"), "(none)");
  EXPECT_EQ(ini.file(), "stoq.cfg");
}

TEST(Ini, JoinsContinuationLines) {
  const Ini ini = good("[a]\nx = 1\n  2\n\n  # comment\n\t3 ; kept\n\ny =\n z\n");
  EXPECT_EQ(value(ini, "a", "x"), "1\n2\n\n3 ; kept");
  EXPECT_EQ(value(ini, "a", "y"), "\nz");
}

TEST(Ini, AnIndentedSectionKeepsItsOptions) {
  const Ini ini = good("  [a]\n  x = 1\n  y = 2\n    more\n");
  EXPECT_EQ(value(ini, "a", "x"), "1");
  EXPECT_EQ(value(ini, "a", "y"), "2\nmore");
}

TEST(Ini, DefaultsShowInEverySectionThatExists) {
  const Ini ini = good("[DEFAULT]\nx = 1\n[a]\ny = 2\n[b]\nx = 3\n");
  EXPECT_EQ(ini.sections(), (Lines{"a", "b"}));
  EXPECT_EQ(value(ini, "a", "x"), "1");
  EXPECT_EQ(value(ini, "b", "x"), "3");
  EXPECT_EQ(value(ini, "DEFAULT", "x"), "1");
  EXPECT_EQ(value(ini, "c", "x"), "(none)");
  EXPECT_EQ(ini.own_options("a").size(), 1u);
  EXPECT_EQ(ini.own_options("c").size(), 0u);
}

TEST(Ini, TwoPercentSignsAreOne) {
  const Ini ini = good("[a]\nx = %%Y-%m%%%%d%\ny = %%%\n");
  EXPECT_EQ(value(ini, "a", "x"), "%Y-%m%%d%");
  EXPECT_EQ(value(ini, "a", "y"), "%%");
}

TEST(Ini, TakesMarksAndLineEndsOfOtherSystems) {
  const Ini ini = good("\xEF\xBB\xBF[a]\r\nx = 1\r\n  2\ry = 3");
  EXPECT_EQ(value(ini, "a", "x"), "1\n2");
  EXPECT_EQ(value(ini, "a", "y"), "3");
  EXPECT_EQ(ini.get("a", "y")->line, 4u);
}

TEST(Ini, LowersUnicodeOptionNames) {
  EXPECT_EQ(value(good("[a]\n\u00C9T\u00C9 = 1\n"), "a", "\u00E9t\u00E9"), "1");
  EXPECT_EQ(value(good("[a]\n\u0130 = 1\n"), "a", "i\u0307"), "1");
  EXPECT_EQ(value(good("[a]\n\u039F\u03A3 = 1\n"), "a", "\u03BF\u03C3"),
            "1");  // Python: final sigma
}

TEST(Ini, NamesEveryProblemWithItsLine) {
  EXPECT_EQ(
      messages("[core]\n\n\n\n\n\nx = 1\n\n\n\n\nX : 2\n"),
      Lines{
          "stoq.cfg:12: option 'x' appears twice in section [core] (first at line 7); remove one"});
  EXPECT_EQ(messages("[a]\n[b]\n[a]\n"),
            Lines{"stoq.cfg:3: section [a] appears twice (first at line 1); merge them"});
  EXPECT_EQ(messages("\n x = 1\n[a]\ny\n"),
            Lines{"stoq.cfg:2: text before the first section; put a line such as [core] above it"});
  EXPECT_EQ(messages("[a]\nalone\n= 1\n"),
            (Lines{"stoq.cfg:2: 'alone' has no value; write `name = value`",
                   "stoq.cfg:3: no option name before '= 1'; write `name = value`"}));
  EXPECT_EQ(messages("[a]\nx = \xff\n"),
            Lines{"stoq.cfg:2: the text is not UTF-8; save the file as UTF-8"});
  EXPECT_EQ(messages("[DEFAULT]\nx=1\n[DEFAULT]\nx=2\n"),
            Lines{"stoq.cfg:4: option 'x' appears twice in section [DEFAULT] (first at line 2); "
                  "remove one"});
  EXPECT_EQ(messages("[a]\nb\x1b[31m\n"),
            Lines{"stoq.cfg:2: 'b\\x1b[31m' has no value; write `name = value`"});
}

TEST(Ini, RefusesBytesThatAreNotUtf8) {
  for (const char* bad :
       {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80", "\xF0\x8F\xBF\xBF"}) {
    EXPECT_EQ(messages(std::string("[a]\r\rx = ") + bad),
              Lines{"stoq.cfg:3: the text is not UTF-8; save the file as UTF-8"});
  }
}

TEST(Ini, IsBounded) {
  EXPECT_EQ(messages("[a]\nx = " + std::string(Ini::kMaxBytes, 'y')),
            Lines{"stoq.cfg: the file is larger than 1 MiB; remove what is not configuration"});
  EXPECT_EQ(
      messages(std::string(Ini::kMaxLines + 1, '\n')),
      Lines{
          "stoq.cfg:50001: the file has more than 50000 lines; remove what is not configuration"});
  EXPECT_TRUE(messages(std::string(Ini::kMaxLines, '\n')).empty());
  std::string wrong = "[a]\n";
  for (int i = 0; i < 100; ++i) wrong += "wrong\n";
  EXPECT_EQ(messages(wrong).size(), Ini::kMaxProblems);
}

class IniFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "stoq-ini-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string problem(const std::string& path) {
    std::vector<Problem> problems;
    Ini::read(path, problems);
    return problems.size() == 1 ? problems[0].message()
                                : std::to_string(problems.size()) + " problems";
  }

  std::string folder_;
};

TEST_F(IniFile, IsRead) {
  const std::string path = folder_ + "/stoq.cfg";
  std::ofstream(path) << "[a]\nx = 1\n";
  std::vector<Problem> problems;
  const Ini ini = Ini::read(path, problems);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(value(ini, "a", "x"), "1");
  EXPECT_EQ(ini.file(), path);
}

TEST_F(IniFile, SaysWhyItCannotBeRead) {
  EXPECT_EQ(problem(folder_ + "/none"),
            folder_ + "/none: cannot be opened: No such file or directory");
  EXPECT_EQ(problem(folder_), folder_ + ": is not a regular file; give the path of one");
  const std::string pipe = folder_ + "/pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(problem(pipe), pipe + ": is not a regular file; give the path of one");
  const std::string large = folder_ + "/large";
  std::ofstream(large) << std::string(2 * Ini::kMaxBytes, '\n');
  EXPECT_EQ(problem(large),
            large + ": the file is larger than 1 MiB; remove what is not configuration");
}

}  // namespace
}  // namespace stoq::config
