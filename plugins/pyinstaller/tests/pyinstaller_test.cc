// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "package.h"
#include "plugins/carving/tests/samples.h"
#include "support/extracted.h"

namespace stoq::test {
namespace {

using namespace std::string_literals;
using plugins::pyinstaller::read_package;

const std::string kModules =
    python_modules({{'m', "evil", "code of evil"}, {'M', "pkg", "code of pkg"}});
const std::string kPackage = python_package({{'s', "main", "code of main"},
                                             {'z', "PYZ-00.pyz", kModules},
                                             {'x', "data\\a.txt", "some data"}});

WorkerScan scan(const std::string& content, std::map<std::string, std::string> options = {}) {
  return scan_with("pyinstaller", content, std::move(options));
}

TEST(PyInstaller, BehindAnExecutable) {
  const std::string program = pe_file("bootloader");
  const WorkerScan r = scan(program + kPackage + "a signature", {{"isolation", "process"}});
  EXPECT_EQ(r.contents(), (Names{"code of main", kModules, "some data"}));
  EXPECT_EQ(r.metas()[0], R"({"filename": "main", "type": "script"})");
  EXPECT_EQ(r.metas()[1], R"({"filename": "PYZ-00.pyz", "type": "pyz", "offset": )" +
                              std::to_string(program.size() + zlib_of("code of main").size()) +
                              "}");
  EXPECT_EQ(r.result, R"({"format": "carchive", "python": "3.11", "offset": )" +
                          std::to_string(program.size()) +
                          R"(, "entry_count": 3, "entries": [{"name": "main", "type": "script", )"
                          R"("status": "extracted"}, {"name": "PYZ-00.pyz", "type": "pyz", )"
                          R"("status": "extracted"}, {"name": "data\\a.txt", "type": "data", )"
                          R"("status": "extracted"}]})");
  EXPECT_EQ(r.errors, Names());
}

TEST(PyInstaller, Modules) {
  for (const bool dictionary : {false, true}) {
    const WorkerScan r = scan(
        python_modules({{'m', "evil", "code of evil"}, {'M', "pkg", "code of pkg"}}, dictionary));
    EXPECT_EQ(r.contents(), (Names{"code of evil", "code of pkg"}));
    EXPECT_EQ(r.metas(), (Names{R"({"filename": "evil", "type": "module"})",
                                R"({"filename": "pkg", "type": "package"})"}));
    EXPECT_EQ(r.errors, Names());
  }
}

// What Python 3.11 marshals for [('alpha', (0, 17, 5)), ('beta', (0, 17, 5))]: the second zero refers
// to the first.
TEST(PyInstaller, ValuesThatReferToOthers) {
  const std::string table =
      "[\2\0\0\0)\2\xDA\5alpha)\3\xE9\0\0\0\0i\x11\0\0\0i\5\0\0\0"s
      ")\2\xDA\4beta)\3r\1\0\0\0i\x11\0\0\0i\5\0\0\0"s;
  std::string pyz = "PYZ\0\xA7\x0D\x0D\x0A"s + big(22, 4) + std::string(5, '\0') + "12345" + table;
  const auto package = read_package(plugins::carving::bytes_of(pyz));
  ASSERT_TRUE(package);
  ASSERT_EQ(package->entries.size(), 2u) << package->problem;
  EXPECT_EQ(package->problem, "");
  EXPECT_EQ(package->entries[1].name, "beta");
  EXPECT_EQ(plugins::carving::text_of(package->entries[1].content), "12345");
}

TEST(PyInstaller, DamagedEntries) {
  std::string broken = kPackage;
  broken[2] = '\7';  // a kind of block that deflate does not have
  const WorkerScan r = scan(broken);
  EXPECT_EQ(r.contents(), (Names{kModules, "some data"})) << "the others stand";
  EXPECT_EQ(problems(r), Names{"entry 'main': it is damaged or encrypted"});
  EXPECT_TRUE(r.result.find(R"("status": "damaged")") != r.result.npos) << r.result;
}

TEST(PyInstaller, DamagedTables) {
  const size_t table = kPackage.find(big(18 + 16, 4));
  EXPECT_EQ(problems(scan(put(kPackage, table + 34, "\xFF\xFF"))),
            Names{"carchive: its table is damaged at byte 34"});
  EXPECT_EQ(problems(scan(kModules.substr(0, kModules.size() - 3))),
            Names{"pyz: its table is damaged or too long behind entry 1"});
}

TEST(PyInstaller, ListedEntriesAreBounded) {
  const WorkerScan r = scan(kPackage, {{"max_listed_entries", "1"}});
  EXPECT_EQ(r.extracted.size(), 3u);
  EXPECT_TRUE(r.result.ends_with(
      R"("entry_count": 3, "entries": [{"name": "main", "type": "script", "status": "extracted"}]})"))
      << r.result;
}

TEST(PyInstaller, StopsWhenNoMoreIsTaken) {
  EXPECT_EQ(scan_with("pyinstaller", kPackage, {}, {{"max_children", "1"}}).extracted.size(), 1u);
}

TEST(PyInstaller, WhatIsNone) {
  for (const std::string& content :
       {""s, "PYZ\0"s, "MEI\014\013\012\013\016"s, pe_file("MEI\014\013\012\013\016")})
    EXPECT_EQ(scan(content).result, "");
  for (size_t size = 0; size < kPackage.size(); ++size)
    EXPECT_FALSE(
        read_package(plugins::carving::bytes_of(std::string_view(kPackage).substr(0, size))));
}

}  // namespace
}  // namespace stoq::test
