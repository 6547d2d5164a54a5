// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "plugins/carving/tests/samples.h"
#include "shortcut.h"
#include "support/extracted.h"

namespace stoq::test {
namespace {

using namespace std::string_literals;

std::string counted(const std::string& text) {
  return little(text.size(), 2) + wide(text);
}
std::string item(const std::string& body) {
  return little(body.size() + 2, 2) + body;
}

// C:\ and a file with a long name behind its short one.
std::string items() {
  const std::string name = "POWERS~1.EXE\0"s;
  const std::string file = "\x32\0"s + std::string(10, '\0') + name + "\0"s;
  const std::string block =
      "\x2A\0\x03\0"s + little(0xBEEF0004, 4) + std::string(12, '\0') + wide("powershell.exe\0"s);
  const std::string list = item(
                               "\x2F"
                               "C:\\\0"s) +
                           item(file + block + little(file.size() + 2, 2)) + "\0\0"s;
  return little(list.size(), 2) + list;
}
std::string place() {
  const std::string path = "C:\\Windows\\a.exe\0"s;
  return little(0x1C + path.size() + 1, 4) + little(0x1C, 4) + little(1, 4) + little(0, 4) +
         little(0x1C, 4) + little(0, 4) + little(0x1C + path.size(), 4) + path + "\0"s;
}
std::string block(uint32_t kind, std::string content) {
  return little(content.size() + 8, 4) + little(kind, 4) + content;
}

std::string shortcut(uint32_t flags, const std::string& body) {
  std::string head = "L\0\0\0\1\x14\2\0\0\0\0\0\xC0\0\0\0\0\0\0\x46"s + little(flags, 4);
  head.resize(0x4C);
  head = put(head, 0x1C, little(132'223'104'000'000'000, 8));
  head = put(head, 0x34, little(1234, 4));
  return put(head, 0x3C, little(7, 4)) + body;
}

const std::string kFull = shortcut(
    0xFF, items() + place() + counted("a name") + counted("..\\p.exe") + counted("C:\\work") +
              counted("-nop -enc ABCD") + counted("C:\\icon.ico") +
              block(0xA0000001, put(std::string(780, '\0'), 260, wide("%WINDIR%\\p.exe"))) +
              block(0xA0000003, put(std::string(88, '\0'), 8, "maker-pc")) + little(0, 4));

WorkerScan scan(const std::string& content, std::map<std::string, std::string> options = {}) {
  return scan_with("lnk", content, std::move(options));
}

TEST(Lnk, AllThatItSays) {
  const WorkerScan r = scan(kFull, {{"isolation", "process"}});
  EXPECT_EQ(
      r.result,
      R"({"item_path": "C:\\powershell.exe", "local_path": "C:\\Windows\\a.exe", )"
      R"("environment_target": "%WINDIR%\\p.exe", "name": "a name", "relative_path": "..\\p.exe", )"
      R"("working_directory": "C:\\work", "arguments": "-nop -enc ABCD", )"
      R"("icon_location": "C:\\icon.ico", "machine": "maker-pc", "show": "minimized", )"
      R"("target_size": 1234, "created": 1577836800})");
  ASSERT_EQ(r.response.results.size(), 2u);
  EXPECT_EQ(r.contents(), Names{"-nop -enc ABCD"});
  const size_t at = kFull.find(wide("-nop"));
  EXPECT_EQ(r.metas(), Names{R"({"offset": )" + std::to_string(at) + R"(, "part": "arguments"})"});
  EXPECT_EQ(r.response.results[1].payload_meta.dispatch_to, Names{"script-decode"});
  EXPECT_EQ(r.errors, Names());
}

TEST(Lnk, AppendedData) {
  const WorkerScan r = scan(shortcut(0x80, little(0, 4)) + "MZ appended");
  EXPECT_EQ(r.contents(), Names{"MZ appended"});
  EXPECT_EQ(r.metas(), Names{R"({"offset": 80, "part": "appended data"})"});
  EXPECT_EQ(r.result,
            R"({"show": "minimized", "target_size": 1234, "created": 1577836800, "appended": 11})");
}

TEST(Lnk, NarrowText) {
  const WorkerScan r = scan(shortcut(0x20, little(4, 2) + "/c d"));
  EXPECT_EQ(r.contents(), Names{"/c d"});
}

TEST(Lnk, TextMayBeginWithZero) {
  EXPECT_EQ(scan(shortcut(0xA0, counted("\0-enc AB"s))).contents(), Names{"\0-enc AB"s});
}

TEST(Lnk, CutShort) {
  using plugins::lnk::is_shortcut;
  using plugins::lnk::read_shortcut;
  for (size_t size = 0; size < kFull.size(); ++size) {
    const std::string cut = kFull.substr(0, size);
    const auto bytes = plugins::carving::bytes_of(cut);
    ASSERT_EQ(is_shortcut(bytes), size >= 0x4C);
    if (size >= 0x4C) {
      const auto link = read_shortcut(bytes);
      EXPECT_LE(link.end, size);
      EXPECT_TRUE(link.end == size || !link.complete) << size;
    }
  }
  const size_t arguments = kFull.find(wide("-nop"));
  const WorkerScan r = scan(kFull.substr(0, arguments + 8));
  ASSERT_EQ(r.contents(), (Names{"-nop", kFull.substr(arguments - 2, 10)}));
  EXPECT_EQ(r.metas()[1], R"({"offset": )" + std::to_string(arguments - 2) +
                              R"(, "part": "appended data", "incomplete": true})");
  ASSERT_EQ(r.errors.size(), 1u);
  EXPECT_TRUE(r.errors[0].find("the arguments at byte " + std::to_string(arguments - 2) +
                               ": cut short") != std::string::npos)
      << r.errors[0];
}

TEST(Lnk, DamageHidesNothing) {
  const std::string arguments = counted("/c calc"), program = "MZ and a program";
  for (const std::string& block : {little(6, 4), little(UINT32_MAX, 4)}) {
    const WorkerScan r = scan(shortcut(0xA0, arguments + block + program));
    ASSERT_EQ(r.contents(), (Names{"/c calc", block + program}));
    EXPECT_EQ(r.metas()[1], R"({"offset": 92, "part": "appended data", "incomplete": true})");
    EXPECT_EQ(problems(r), Names{"a block at byte 92: cut short"});
  }
  for (const std::string& place : {little(8, 4) + "abcd", little(2, 4)}) {
    const WorkerScan r = scan(shortcut(0xA2, place + arguments + little(0, 4) + program));
    EXPECT_EQ(r.contents(), (Names{"/c calc", program}));
    EXPECT_EQ(problems(r), Names{"the place of the target at byte 76: too short"});
  }
}

TEST(Lnk, WhatIsNone) {
  EXPECT_EQ(scan("L\0\0\0 and more"s).result, "");
  EXPECT_EQ(scan("").result, "");
}

}  // namespace
}  // namespace stoq::test
