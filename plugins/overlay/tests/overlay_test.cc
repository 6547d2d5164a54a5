// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "extent.h"
#include "plugins/carving/tests/samples.h"
#include "support/extracted.h"

namespace stoq::test {
namespace {

using namespace std::string_literals;
using plugins::carving::bytes_of;
using plugins::overlay::extent_of;

std::string png_chunk(std::string_view kind, std::string_view content) {
  return big(content.size(), 4) + std::string(kind) + std::string(content) + "crc!";
}
const std::string kPng = "\x89PNG\r\n\x1A\n" + png_chunk("IHDR", std::string(13, '\1')) +
                         png_chunk("IDAT", "IEND is not here") + png_chunk("IEND", "");
// A thumbnail inside of APP1 has an end of its own; FF in what is coded stands before 0.
const std::string kJpeg =
    "\xFF\xD8\xFF\xE1\0\x0A\xFF\xD8thum\xFF\xD9\xFF\xFF\xDB\0\4qt\xFF\xDA\0\5scan"s +
    "coded \xFF\0 and \xFF\xD0 restarted\xFF\xC4\0\4hu\xFF\xDA\0\3s more coded\xFF\xD9"s;
const std::string kGif = "GIF89a\2\0\2\0\x80\0\0"s + "rgbRGB" + "\x21\xF9\4abcd\0"s +
                         "\x2C\0\0\0\0\2\0\2\0\x80"s + "rgbRGB" + "\2\3;;;\0"s + ";";
const std::string kRiff = "RIFF"s + little(13, 4) + "WEBPVP8 \1\0\0\0x\0"s;

std::string bmp(uint32_t told) {
  return "BM"s + little(told, 4) + little(0, 4) + little(54, 4) + little(40, 4) + little(3, 4) +
         little(0xFFFFFFFE, 4) + little(1, 2) + little(24, 2) + std::string(24, '\0') +
         std::string(24, 'p');  // two rows of 9 bytes, each filled up to 12
}
std::string elf() {  // one section header behind all, which says where another part ends
  std::string file =
      "\x7F"
      "ELF\2\1\1"s;
  file = put(file, 40, little(64, 8));
  file = put(file, 58, little(64, 2) + little(1, 2) + little(0, 2));
  return put(put(file, 64, std::string(64, '\0')), 64 + 24, little(120, 8) + little(30, 8)) +
         std::string(22, 'e');
}

WorkerScan scan(const std::string& content) {
  return scan_with("overlay", content);
}

TEST(Overlay, DataBehindTheEndOfEachFormat) {
  const std::pair<const char*, std::string> files[] = {{"png", kPng},   {"jpeg", kJpeg},
                                                       {"gif", kGif},   {"bmp", bmp(78)},
                                                       {"riff", kRiff}, {"pe", pe_file("program")},
                                                       {"elf", elf()}};
  for (const auto& [format, file] : files) {
    const WorkerScan r = scan(file + "MZ hidden");
    const std::string end = std::to_string(file.size());
    EXPECT_EQ(r.contents(), Names{"MZ hidden"}) << format;
    EXPECT_EQ(r.metas(), Names{R"({"offset": )" + end + R"(, "behind": ")" + format + "\"}"});
    EXPECT_EQ(r.result, R"({"format": ")"s + format + R"(", "end": )" + end +
                            R"(, "parts": [{"offset": )" + end + R"(, "size": 9}]})");
    EXPECT_EQ(r.errors, Names());

    const WorkerScan none = scan(file);
    EXPECT_EQ(none.contents(), Names()) << format;
    EXPECT_EQ(none.result, "") << format;
  }
}

TEST(Overlay, InAHostProcess) {
  EXPECT_EQ(scan_with("overlay", kPng + "more", {{"isolation", "process"}}).contents(),
            Names{"more"});
}

TEST(Overlay, ASignatureIsNoOverlay) {
  const std::string pe = pe_file(std::string(512, 'b'), true, 0x410, 9);
  EXPECT_EQ(scan(pe + std::string(16, '\0') + "signature").contents(), Names());
  const WorkerScan r = scan(pe + "before signature" + "signature" + "behind");
  EXPECT_EQ(r.contents(), (Names{"before signature", "behind"}));
  EXPECT_EQ(r.result, R"({"format": "pe", "end": 1024, "parts": [{"offset": 1024, "size": 16}, )"
                      R"({"offset": 1049, "size": 6}]})");
}

TEST(Overlay, PaddingIsToldAndNotExtracted) {
  const WorkerScan r = scan(kGif + std::string(5, '\0'));
  EXPECT_EQ(r.contents(), Names());
  EXPECT_EQ(r.result, R"({"format": "gif", "end": )" + std::to_string(kGif.size()) +
                          R"(, "parts": [{"offset": )" + std::to_string(kGif.size()) +
                          R"(, "size": 5, "padding": true}]})");
}

TEST(Overlay, BitmapsWhoseSizeIsLeftOutOrTooSmall) {
  for (const uint32_t told : {0, 54, 78}) EXPECT_EQ(scan(bmp(told) + "x").contents(), Names{"x"});
  EXPECT_EQ(scan(bmp(79) + "x").contents(), Names());
}

TEST(Overlay, CutShort) {
  for (const std::string& file : {kPng, kJpeg, kGif, bmp(78), kRiff, pe_file("p"), elf()})
    for (size_t size = 0; size < file.size(); ++size) {
      const std::string cut = file.substr(0, size);
      const auto extent = extent_of(bytes_of(std::string_view(cut)));
      if (extent) {
        EXPECT_FALSE(extent->whole) << extent->format << size;
        EXPECT_EQ(extent->end, size);
      }
    }
}

TEST(Overlay, NumbersThatOverflow) {
  std::string file = elf() + "more";
  EXPECT_EQ(scan(put(file, 64 + 24, std::string(16, '\xFF'))).contents(), Names());
  EXPECT_EQ(scan(put(file, 40, std::string(8, '\xFF'))).contents(), Names());
  EXPECT_EQ(scan(put(kRiff + "x", 4, "\xFF\xFF\xFF\xFF")).contents(), Names());
  EXPECT_EQ(scan(put(bmp(78) + "x", 18, std::string(8, '\xFF'))).contents(), Names());
}

TEST(Overlay, NothingOfAnythingElse) {
  for (const std::string& content :
       {""s, "text"s, "MZ"s, "BM is a text"s, "\xFF\xD8"s, "GIF88a"s, "RIFF"s})
    EXPECT_EQ(scan(content).response.results.size(), 1u);
  for (unsigned seed = 0; seed < 100; ++seed)
    EXPECT_FALSE(extent_of(bytes_of(random_text(seed, 4096))));
}

}  // namespace
}  // namespace stoq::test
