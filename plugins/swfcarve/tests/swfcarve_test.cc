// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "plugins/carving/tests/samples.h"
#include "support/extracted.h"
#include "swf.h"

namespace stoq::test {
namespace {

using namespace std::string_literals;
using plugins::carving::bytes_of;
using plugins::swfcarve::is_movie;

std::string tag(unsigned code, std::string_view content) {
  return content.size() < 63
             ? little(code << 6 | content.size(), 2) + std::string(content)
             : little(code << 6 | 63, 2) + little(content.size(), 4) + std::string(content);
}

// Behind the head: a frame, a rate, some tags, End.
std::string movie_body(std::string_view data) {
  return "\x08\0"s + little(24 << 8, 2) + little(1, 2) + tag(69, std::string(4, '\0')) +
         tag(9, "rgb") + tag(87, data) + tag(1, "") + tag(0, "");
}
std::string head(char compression, unsigned version, std::size_t body) {
  return compression + "WS"s + static_cast<char>(version) + little(body + 8, 4);
}
std::string movie(std::string_view data, unsigned version = 10) {
  const std::string body = movie_body(data);
  return head('F', version, body.size()) + body;
}

std::string zlib_movie(std::string_view data, unsigned version = 10) {
  const std::string body = movie_body(data);
  return head('C', version, body.size()) + zlib_of(body);
}

WorkerScan scan(const std::string& content, std::map<std::string, std::string> options = {}) {
  return scan_with("swfcarve", content, std::move(options));
}

TEST(SwfCarve, StoredAndCompressed) {
  const WorkerScan r = scan("12345" + zlib_movie("first") + "FWS CWS" + movie("second", 9) + "x",
                            {{"isolation", "process"}});
  EXPECT_EQ(r.contents(), (Names{movie("first"), movie("second", 9)}));
  EXPECT_EQ(r.metas()[0], R"({"offset": 5, "swf_version": 10})");
  EXPECT_EQ(r.metas()[1], R"({"offset": )" + std::to_string(12 + zlib_movie("first").size()) +
                              R"(, "swf_version": 9})");
  EXPECT_EQ(r.errors, Names());
  EXPECT_EQ(r.result, "");
}

// Written by Python's lzma (FORMAT_ALONE, its head replaced by that of a Flash file) from a frame, a
// rate, FileAttributes, ShowFrame and End.
TEST(SwfCarve, Lzma) {
  const std::string body = "\x08\0\0\x18\x01\0\x44\x11\0\0\0\0\x40\0\0\0"s;
  const std::string data =
      "\x5D\x00\x00\x80\x00\x00\x04\x00\x30\xCB\x18\x07\x1C\xAA\x59\xD7\xB0\xB5\xC6\x70"
      "\x58\x0D\xBF\xFF\xFA\x89\xE0\x00"s;
  const std::string file = head('Z', 13, body.size()) + little(data.size() - 5, 4) + data;
  const WorkerScan r = scan("text before it" + file + "text behind it");
  EXPECT_EQ(r.contents(), Names{head('F', 13, body.size()) + body}) << r.response.dumps();
  EXPECT_EQ(r.metas(), Names{R"({"offset": 14, "swf_version": 13})"});
}

TEST(SwfCarve, ThePayloadItselfIsNotExtractedAgain) {
  EXPECT_EQ(scan(movie("first")).response.results.size(), 1u);
  EXPECT_TRUE(scan(movie("first")).response.results[0].duplicates.empty());
  EXPECT_EQ(scan(movie("first") + "x").contents(), Names{movie("first")});
}

TEST(SwfCarve, LargeOnesAreStreamed) {
  const std::string data = random_text(3, 1 << 20);
  EXPECT_EQ(scan("x" + zlib_movie(data)).contents(), Names{movie(data)});
}

TEST(SwfCarve, CutShort) {
  const std::string plain = movie(std::string(500, 'd'));
  const WorkerScan stored = scan("x" + plain.substr(0, 200));
  EXPECT_EQ(stored.contents(), Names()) << "two tags are too few";

  const std::string data = random_text(4, 300'000);
  const std::string whole = zlib_movie(data);
  const WorkerScan r = scan("x" + whole.substr(0, 250'000));
  ASSERT_EQ(r.extracted.size(), 1u);
  EXPECT_GT(r.contents()[0].size(), 150'000u);
  EXPECT_TRUE(movie(data).starts_with(r.contents()[0]));
  EXPECT_EQ(r.metas(), Names{R"({"offset": 1, "swf_version": 10, "truncated": true})"});
  ASSERT_EQ(r.errors.size(), 1u);
  EXPECT_TRUE(r.errors[0].find("Unable to decompress SWF payload at offset 1") != std::string::npos)
      << r.errors[0];
}

TEST(SwfCarve, DamagedFromTheStart) {
  std::string broken = zlib_movie("first");
  broken.replace(10, 3, "\xFF\xFF\xFF");
  const WorkerScan r = scan("x" + broken);
  EXPECT_EQ(r.extracted.size(), 0u);
  ASSERT_EQ(r.errors.size(), 1u);
  EXPECT_TRUE(r.errors[0].find("Unable to decompress SWF payload at offset 1") != std::string::npos)
      << r.errors[0];
}

TEST(SwfCarve, ALengthThatIsTooLarge) {
  const std::string file = head('C', 10, 1 << 30) + zlib_of(movie_body("x"));
  const WorkerScan r = scan(file);
  EXPECT_EQ(r.extracted.size(), 0u);
  ASSERT_EQ(r.errors.size(), 1u);
  EXPECT_TRUE(
      r.errors[0].find("SWF payload at offset 0 says that it has 1073741832 bytes, more than "
                       "maximum_size (268435456); it was left out") != std::string::npos)
      << r.errors[0];
}

TEST(SwfCarve, WhatIsNoMovie) {
  for (const std::string& content :
       {"FWS"s, "CWS and text that goes on"s, "FWS\x0A and text that goes on and on"s,
        "FWS\0\0\1\0\0 version 0"s, "FWS\x33\0\1\0\0 version 51"s, "FWS\x0A\x05\0\0\0 too short"s})
    EXPECT_EQ(scan(content).extracted.size(), 0u) << content;
  EXPECT_FALSE(is_movie({}, 0));
  EXPECT_TRUE(is_movie(bytes_of(movie_body("x")), 4));
  EXPECT_FALSE(is_movie(bytes_of("\x08\0\0\x18\1\0"s + tag(700, "")), 0)) << "an unknown tag";
}

TEST(SwfCarve, NothingInRandomBytes) {
  const WorkerScan r = scan(random_text(1, 16 << 20));
  EXPECT_EQ(r.extracted.size(), 0u);
  EXPECT_EQ(r.errors, Names());
}

}  // namespace
}  // namespace stoq::test
