// SPDX-License-Identifier: Apache-2.0
#include "rtf/objects.h"

#include <gtest/gtest.h>

#include "collector.h"
#include "compound_writer.h"
#include "rtf/scanner.h"

namespace stoq::plugins::rtf {
namespace {

using namespace office_samples;

std::string hex_of(const std::string& bytes) {
  std::string out;
  for (const unsigned char c : bytes)
    out += {"0123456789abcdef"[c >> 4], "0123456789abcdef"[c & 15]};
  return out;
}

std::string with_data(const std::string& data) {
  return "{\\rtf1{\\object\\objemb\\objupdate{\\*\\objclass Package}{\\*\\objdata " + data +
         "}}text}";
}

std::string decoded(const std::string& rtf) {
  const Document document = scan(in_bytes(rtf));
  if (document.objects.size() != 1) return std::to_string(document.objects.size()) + " objects";
  return {document.objects[0].data.begin(), document.objects[0].data.end()};
}

TEST(Rtf, APackageIsItsFile) {
  const std::string program = hidden_program();
  Collector sink;
  EXPECT_EQ(
      take_objects(in_bytes(with_data(hex_of(ole1("Package", package("evil.exe", program))))),
                   sink),
      R"({"object_count": 1, "objects": [{"kind": "package", "offset": 55, "class": "Package", )"
      R"("filename": "evil.exe", "updates": true, "size": 1000}]})");
  EXPECT_EQ(sink.contents, Strings{program});
  EXPECT_EQ(
      sink.metas,
      Strings{
          R"({"extra_data": {"index": 0, "filename": "evil.exe", "class": "Package", )"
          R"("source_path": "C:\\work\\evil.exe", "temp_path": "C:\\Temp\\evil.exe", "objdata_at": 55}})"});
  EXPECT_EQ(sink.errors, Strings());
}

TEST(Rtf, OtherObjectsGiveTheirData) {
  const std::string document = compound({stream("\1Ole10Native", "x")});
  Collector sink;
  take_objects(in_bytes(with_data(hex_of(ole1("Word.Document.8", document)))), sink);
  EXPECT_EQ(sink.contents, Strings{document});
  Collector raw;
  take_objects(in_bytes(with_data(hex_of("no object at all"))), raw);
  EXPECT_EQ(raw.contents, Strings{"no object at all"});
}

TEST(Rtf, ALinkTellsWhereItLeads) {
  const std::string link = le(0x501, 4) + le(1, 4) + le(8, 4) + std::string("OLELink\0", 8) +
                           le(16, 4) + std::string("http://e.test/x\0", 16) + le(0, 4);
  Collector sink;
  const std::string result = take_objects(in_bytes(with_data(hex_of(link))), sink);
  EXPECT_NE(
      result.find(R"("kind": "link", "offset": 55, "class": "OLELink", "link": "http://e.test/x")"),
      result.npos)
      << result;
}

TEST(Rtf, NothingHidesTheDigits) {
  EXPECT_EQ(decoded(with_data("41 42\r\n4\t3")), "ABC") << "white space";
  EXPECT_EQ(decoded(with_data("4zz1 4_2")), "AB") << "foreign characters";
  EXPECT_EQ(decoded(with_data("41\\par 42\\b0 43\\u-12 44")), "ABCD")
      << "control words and their numbers";
  EXPECT_EQ(decoded(with_data("41{42}43{{44}}")), "ABCD") << "groups";
  EXPECT_EQ(decoded(with_data("41{\\*\\foo 4242}43")), "AC") << "groups of their own";
  EXPECT_EQ(decoded(with_data("41{\\*\\foo {4242}{\\bin2 }}}}43")), "AC") << "raw bytes in them";
  EXPECT_EQ(decoded(with_data("41\\'4142")), "AB") << "escaped characters";
  EXPECT_EQ(decoded(with_data("41\\bin3 }{\\42")), "A}{\\B") << "raw bytes";
  EXPECT_EQ(decoded(with_data("41\\bin-1 42\\bin99999999999999 43")), "ABC")
      << "raw bytes that are not there";
  EXPECT_EQ(decoded(with_data("41424")), "AB") << "an odd digit";
  EXPECT_EQ(decoded("{\\rt{\\object{\\objdata{{4142"), "AB") << "groups that are never closed";
  EXPECT_EQ(decoded("{\\rtfx}}}}\\objdata 4142"), "AB") << "groups that were never opened";
  EXPECT_EQ(decoded("{\\rtf1\\bin3 {{{{\\objdata 41}}"), "A");
  EXPECT_EQ(decoded("{\\rtf1{\\pict{\\*\\objdata 41}}}"), "A") << "inside a picture";
}

TEST(Rtf, WhatReachesOutsideIsTold) {
  Collector sink;
  EXPECT_EQ(
      take_objects(
          in_bytes(
              "{\\rtf1{\\*\\template http://e.test/t.dotm}{\\field{\\*\\fldinst {DDEAUTO c:\\\\cmd "
              "\"/k\"}}{\\fldrslt x}}{\\field{\\*\\fldinst PAGE}}}"),
          sink),
      R"({"object_count": 0, "objects": [], "templates": ["http://e.test/t.dotm"], "instructions": ["DDEAUTO c:\\cmd \"/k\""]})");
  EXPECT_EQ(sink.contents, Strings());
}

TEST(Rtf, ACutObjectSaysSo) {
  Collector sink;
  std::string raw = hex_of(ole1("Package", package("evil.exe", hidden_program())));
  raw.resize(raw.size() - 200);
  take_objects(in_bytes(with_data(raw)), sink);
  EXPECT_EQ(sink.contents, Strings{hidden_program().substr(0, 900)});
  EXPECT_EQ(sink.errors,
            Strings{"object 0 at byte 55 is cut short: it has 900 bytes, fewer than it declares"});
}

TEST(Rtf, DepthAndNumberAreBounded) {
  EXPECT_EQ(decoded("{\\rtf1" + std::string(300'000, '{') + std::string(300'000, '}') +
                    "{\\objdata 41}}"),
            "A");
  std::string many = "{\\rtf1";
  for (int i = 0; i < 10'010; ++i) many += "{\\objdata 41}";
  EXPECT_EQ(scan(in_bytes(many)).objects.size(), 10'000u);
}

TEST(Rtf, StopIsHeededAndAnythingElseIsLeftAlone) {
  Collector one(1);
  take_objects(in_bytes("{\\rtf1{\\objdata 41}{\\objdata 42}}"), one);
  EXPECT_EQ(one.contents, Strings{"A"});
  Collector none;
  for (const char* text : {"", "{", "{\\r", "text {\\rtf1{\\objdata 41}}"})
    EXPECT_EQ(take_objects(in_bytes(text), none), "");
}

}  // namespace
}  // namespace stoq::plugins::rtf
