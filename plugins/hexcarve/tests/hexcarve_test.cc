// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "binhex.h"
#include "numbers.h"
#include "plugins/carving/tests/samples.h"
#include "support/extracted.h"

namespace stoq::test {
namespace {

using namespace std::string_literals;
using plugins::hexcarve::next_file;

const std::string kProgram = pe_file("the program");
const std::string kElf = put("\x7F"
                             "ELF\2\1\1"s,
                             16, "\2\0\x3E\0"s) +
                         std::string(60, 'e');

std::string written(std::string_view bytes, const char* format, const char* between) {
  std::string out;
  char number[16];
  for (const char c : bytes) {
    std::snprintf(number, sizeof number, format, static_cast<unsigned>(static_cast<uint8_t>(c)));
    out += (out.empty() ? "" : between) + std::string(number);
  }
  return out;
}

WorkerScan scan(const std::string& content, std::map<std::string, std::string> options = {}) {
  return scan_with("hexcarve", content, std::move(options));
}

// Six bits a character.
std::string binhex(std::string_view content) {
  static constexpr std::string_view kDigits =
      "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";
  std::string out;
  uint32_t bits = 0;
  unsigned count = 0;
  for (const char c : content) {
    bits = bits << 8 | static_cast<uint8_t>(c);
    for (count += 8; count >= 6; count -= 6) out += kDigits[bits >> (count - 6) & 63];
  }
  if (count > 0) out += kDigits[bits << (6 - count) & 63];
  return out;
}
uint32_t checksum(std::string_view text) {
  uint32_t sum = 0;
  for (const char c : text)
    for (unsigned bit = 0x80; bit != 0; bit >>= 1) {
      const bool carry = ((sum >> 15) & 1) != ((static_cast<uint8_t>(c) & bit) != 0 ? 1u : 0u);
      sum = ((sum << 1) ^ (carry ? 0x1021u : 0u)) & 0xFFFF;
    }
  return sum;
}
// `packed` is `data` with its runs shortened.
std::string binhex_file(std::string_view data, std::string_view packed, std::string_view resource) {
  const std::string head = "\5a.exe\0APPLmake\0\0"s + big(data.size(), 4) + big(resource.size(), 4);
  return "a line\n(This file must be converted with BinHex 4.0)\n\n:" +
         binhex(head + big(checksum(head), 2) + std::string(packed) + big(checksum(data), 2) +
                std::string(resource) + big(checksum(resource), 2)) +
         ":\nmore";
}

TEST(HexCarve, ExecutablesInEveryNotation) {
  const std::pair<const char*, const char*> notations[] = {
      {"%02x", ""},    {"%02X", ""},    {"%02X", " "},   {"0x%02x", ", "},
      {"0x%02X", ","}, {"\\x%02x", ""}, {"&H%02X", ","}, {"%u", ","},
      {"%u", ", "},    {"%%%02x", ""},  {"%02X", "\n"},  {"%02x", "\" & _\r\n\""}};
  for (const std::string& file : {kProgram, kElf})
    for (const auto& [format, between] : notations) {
      const WorkerScan r = scan("x = (" + written(file, format, between) + ");");
      EXPECT_EQ(r.contents(), Names{file}) << format;
      const size_t digits = format == "%u"s ? 5 : 5 + written("M", format, "").size() - 2;
      EXPECT_TRUE(r.metas()[0].starts_with(R"({"offset": )" + std::to_string(digits) + ", "))
          << r.metas()[0];
      EXPECT_EQ(r.errors, Names());
    }
}

TEST(HexCarve, InAHostProcessAndWide) {
  const std::string text = written(kProgram, "%02X", "");
  const WorkerScan r = scan("\xFF\xFE" + wide(text), {{"isolation", "process"}});
  EXPECT_EQ(r.contents(), Names{kProgram});
  EXPECT_EQ(r.result, R"({"found": [{"kind": "pe", "offset": 0, "size": 1024}]})");
}

TEST(HexCarve, ArchivesAndDocuments) {
  const std::string files[] = {
      "PK\3\4\x14\0\0\0\0\0"s + std::string(16, '1') + "\1\0\0\0a"s + std::string(40, 'z'),
      "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"s + std::string(60, 'o'),
      "%PDF-1.7" + std::string(60, 'p'),
      "7z\xBC\xAF\x27\x1C" + std::string(60, '7'),
      "Rar!\x1A\7\1\0"s + std::string(60, 'r'),
      "MSCF\0\0\0\0"s + std::string(60, 'c'),
      "\x1F\x8B\x08\0\0\0\0\0\0\3"s + std::string(60, 'g'),
  };
  for (const std::string& file : files) {
    EXPECT_EQ(scan("var a = [" + written(file, "%u", ",") + "]").contents(), Names{file});
    EXPECT_EQ(scan("'" + written(file, "%02x", "") + "'").contents(), Names{file});
    EXPECT_EQ(scan("'" + written(file.substr(0, 16), "%02x", "") + "'").contents(), Names());
  }
}

TEST(HexCarve, Several) {
  const WorkerScan r =
      scan(written(kProgram, "%02X", "") + "|" + written(kElf, "%02X", "") + "|4D5A9000");
  EXPECT_EQ(r.contents(), (Names{kProgram, kElf}));
}

TEST(HexCarve, WhatIsNone) {
  for (const std::string& content :
       {""s, "4D5A"s, written("MZ" + std::string(100, '\0'), "%02X", ""), "77,90 and text"s,
        "177,90,0"s, written(kProgram.substr(0, 0x100), "%02X", ""), random_text(1, 1 << 20)})
    EXPECT_EQ(scan(content).response.results.size(), 1u);
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += "4D5A";
  EXPECT_EQ(scan(many).response.results.size(), 1u);
}

TEST(HexCarve, TheBudgetEnds) {
  std::string text;  // each says that its headers are far away, and they are not there
  for (int i = 0; i < 100; ++i) text += written(put("MZ", 0x3C, little(60'000, 4)), "%02X", "");
  size_t budget = 1000;
  EXPECT_FALSE(next_file(text, 0, budget));
  EXPECT_EQ(budget, 0u);
}

TEST(HexCarve, BinHex) {
  const std::string data = "ab" + std::string(6, 'c') + "\x90 end";
  const WorkerScan r = scan(binhex_file(data, "abc\x90\6\x90\0 end"s, "resources"));
  EXPECT_EQ(r.contents(), (Names{data, "resources"}));
  EXPECT_EQ(r.metas(), (Names{R"({"filename": "a.exe", "offset": 54, "fork": "data"})",
                              R"({"filename": "a.exe", "offset": 54, "fork": "resource"})"}));
  EXPECT_EQ(r.result, R"({"found": [{"kind": "binhex", "offset": 54, "name": "a.exe", "size": 13, )"
                      R"("resource_size": 9}]})");
  EXPECT_EQ(r.errors, Names());
}

TEST(HexCarve, DamagedBinHex) {
  const auto problem = [](const std::string& content) {
    const WorkerScan r = scan(content);
    const std::string text = r.errors.empty() ? "no error" : r.errors[0];
    const size_t at = text.find("BinHex file");
    return at == text.npos ? text : text.substr(at, text.find(" ; payload") - at);
  };
  const std::string file = binhex_file("data", "data", "");
  EXPECT_EQ(problem(file), "no error");
  EXPECT_EQ(problem(binhex_file("data", "dxta", "")),
            "BinHex file 'a.exe': the checksum of its data does not fit");
  EXPECT_EQ(problem(put(file, 54 + 9, "!!")),
            "BinHex file 'a.exe': the checksum of its head does not fit");
  EXPECT_EQ(problem(file.substr(0, file.size() - 6)), "BinHex file 'a.exe': its end is missing");
  const std::string longer = "data that is longer";
  EXPECT_EQ(problem(binhex_file(longer, longer.substr(0, 4), "")),
            "BinHex file 'a.exe': its data is cut short");
}

const std::string kOpening = "(This file must be converted with BinHex ";

// Two megabytes of digits, read for each opening, would take minutes.
TEST(HexCarve, ManyOpeningsOfBinHexCostOnePass) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += kOpening;
  text += "\n:" + binhex(std::string(1'500'000, '\0')) + ":\n" + binhex_file("data", "data", "");
  EXPECT_EQ(scan(text).contents(), Names{"data"});
}

TEST(HexCarve, BinHexWithoutItsEndHidesNoneBehindIt) {
  std::string head = "\1a\0APPLmake\0\0"s + big(1 << 30, 4) + big(0, 4);
  head += big(checksum(head), 2);
  std::string file = binhex_file("data", "data", "");
  EXPECT_EQ(scan(kOpening + "\n:" + binhex(head) + "\n" + file.substr(file.find('('))).contents(),
            Names{"data"});
  std::ranges::replace(file, '\n', '\r');
  EXPECT_EQ(scan(file).contents(), Names{"data"}) << "lines as the Macintosh ends them";
}

TEST(HexCarve, RunsOfBinHex) {
  std::string none;  // each is the byte before it, once in all
  for (int i = 0; i < 300'000; ++i) none += "\x90\1";
  EXPECT_EQ(scan(binhex_file("abb", "a" + none + "b\x90\2", "")).contents(), Names{"abb"});

  std::string head = "\1a\0APPLmake\0\0"s + big(UINT32_MAX, 4) + big(0, 4), bomb = "a";
  for (int i = 0; i < 300'000; ++i) bomb += "\x90\xFF";
  const auto file = plugins::hexcarve::next_binhex(
      kOpening + "\n:" + binhex(head + big(checksum(head), 2) + bomb) + ":", 0);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->data.size(), 64u << 20);
  EXPECT_EQ(file->problem, "its data is too large");
}

}  // namespace
}  // namespace stoq::test
