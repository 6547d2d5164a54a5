// SPDX-License-Identifier: Apache-2.0
#include "record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kinds.h"

namespace stoq::plugins::last_resort {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<std::string> places(const Record& record) {
  std::vector<std::string> all;
  for (const Piece& piece : record.pieces) all.push_back(piece.place + " " + piece.name);
  return all;
}

TEST(LastResortRecord, PackerAndWhatWasUnpacked) {
  const Record record = parse_record(R"({
    "Magic":"CLAMJSONv0", "FileType":"CL_TYPE_MSEXE",
    "PE":{"Sections":[{"RawSize":512}], "Packer":"Aspack"},
    "ContainedObjects":[
      {"FilePath":"\/t\/x\/one.tmp", "FileSize":17408,
       "ContainedObjects":[{"FilePath":"/t/x/deeper.tmp"}]},
      {"FileName":"C:\\dir\\two.exe", "FilePath":"/t/y"}]
  })",
                                     "/t");
  EXPECT_TRUE(record.sound);
  EXPECT_EQ(record.packer, "Aspack");
  EXPECT_THAT(places(record), ElementsAre("x/one.tmp ", "y C:\\dir\\two.exe"));
  EXPECT_EQ(record.more, 0u);
}

TEST(LastResortRecord, OfWhatIsEmbeddedInstallersAlone) {
  const Record record = parse_record(
      R"({"Magic":"CLAMJSONv0", "EmbeddedObjects":[
        {"FileType":"CL_TYPE_CABSFX", "ContainedObjects":[{"FilePath":"/t/cab"}]},
        {"ContainedObjects":[{"FilePath":"/t/setup", "FileName":"Setup.ini"}],
         "FileType":"CL_TYPE_ISHIELD_MSI"},
        {"FileType":"CL_TYPE_MSEXE", "FilePath":"/t/embedded-pe"}]})",
      "/t");
  EXPECT_THAT(places(record), ElementsAre("setup Setup.ini"));
}

TEST(LastResortRecord, NothingOutsideOfItsDirectory) {
  for (const char* path : {"/etc/passwd", "/t", "/t/", "/t/../etc/passwd", "/t/a/../b", "/t/./a",
                           "/t//a", "/t/a/", "/tmp/a", "t/a", "", "/t/a\\u0000b", "/t/.."}) {
    const std::string json =
        std::string(R"({"Magic":"CLAMJSONv0","ContainedObjects":[{"FilePath":")") + path +
        R"("}]})";
    EXPECT_THAT(places(parse_record(json, "/t")), IsEmpty()) << path;
  }
}

TEST(LastResortRecord, LimitsButThatOfLayers) {
  const Record record = parse_record(
      R"({"Magic":"CLAMJSONv0","ParseErrors":["Heuristics.Limits.Exceeded.MaxRecursion","other",
          "Heuristics.Limits.Exceeded.MaxFileSize"]})",
      "/t");
  EXPECT_THAT(record.limits, ElementsAre("MaxFileSize"));
}

TEST(LastResortRecord, NamesAreText) {
  const Record record = parse_record(
      "{\"Magic\":\"CLAMJSONv0\",\"ContainedObjects\":[{\"FilePath\":\"/t/"
      "a\",\"FileName\":\"gr\xF6\xDF"
      "e\"},{\"FilePath\":\"/t/b\",\"FileName\":\"\u65E5\"}]}",
      "/t");
  EXPECT_THAT(places(record), ElementsAre("a größe", "b 日"));
}

TEST(LastResortRecord, OfManyTheFirst) {
  std::string json = R"({"Magic":"CLAMJSONv0","ContainedObjects":[)";
  for (std::size_t i = 0; i < kMostPieces + 3; ++i)
    json += std::string(i ? "," : "") + R"({"FilePath":"/t/a"})";
  const Record record = parse_record(json + "]}", "/t");
  EXPECT_EQ(record.pieces.size(), kMostPieces);
  EXPECT_EQ(record.more, 3u);
}

TEST(LastResortRecord, WhatIsNoRecord) {
  for (const char* text : {"", "{", "[]", "{}", "null", R"({"Magic":"other"})", "{\"Magic\":"})
    EXPECT_FALSE(parse_record(text, "/t").sound) << text;
}

TEST(LastResortRecord, ComplaintsAreLines) {
  EXPECT_THAT(parse_complaints(""), IsEmpty());
  EXPECT_THAT(parse_complaints("LibClamAV Warning: one\n\nLibClamAV Error: tw\xF6\nERROR: three"),
              ElementsAre("one", "twö", "three"));
  EXPECT_EQ(parse_complaints(std::string(100, '\n') + std::string(1000, 'x')).at(0).size(), 300u);
  std::string many;
  for (int i = 0; i < 100; ++i) many += "line\n";
  EXPECT_EQ(parse_complaints(many).size(), kMostComplaints);
}

TEST(LastResortKinds, ByTheHead) {
  const auto kind = [](std::string content) {
    content.resize(300);
    return name_of(kind_of(carving::bytes_of(content)));
  };
  std::string pe(0x40, '\0');
  pe.replace(0, 2, "MZ");
  pe[0x3C] = 0x40;
  EXPECT_EQ(kind(pe + std::string("PE\0\0\x4C\x01", 6)), "pe");
  EXPECT_EQ(kind(pe + std::string("PE\0\0\x64\x86", 6)), "");
  EXPECT_EQ(kind("MZ"), "");
  EXPECT_EQ(kind(std::string("\0\0\0\1\x12\x3A\0\x10\x19\x04\0\x10", 12)), "sis");
  EXPECT_EQ(kind("EGGA"), "egg");
  EXPECT_EQ(kind("ALZ\1"), "alz");
  EXPECT_EQ(kind("text"), "");
  EXPECT_EQ(name_of(kind_of({})), "");
}

}  // namespace
}  // namespace stoq::plugins::last_resort
