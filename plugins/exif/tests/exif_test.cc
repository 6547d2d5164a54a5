// SPDX-License-Identifier: Apache-2.0
//
// What is told of payloads, by the real ExifTool.
#include <cstdint>
#include <filesystem>

#include "document_writer.h"
#include "exif_engine.h"
#include "support/leftovers.h"
#include "support/process_tree.h"

namespace stoq::test {
namespace {

std::string big_endian(uint32_t n, int size = 4) {
  std::string out;
  for (int shift = 8 * (size - 1); shift >= 0; shift -= 8) out += static_cast<char>(n >> shift);
  return out;
}

uint32_t crc(std::string_view text) {
  uint32_t c = ~0U;
  for (const unsigned char byte : text) {
    c ^= byte;
    for (int bit = 0; bit < 8; ++bit) c = c >> 1 ^ (c & 1 ? 0xEDB88320 : 0);
  }
  return ~c;
}

std::string chunk(const std::string& type, const std::string& data) {
  return big_endian(static_cast<uint32_t>(data.size())) + type + data +
         big_endian(crc(type + data));
}

std::string png(const std::vector<std::pair<std::string, std::string>>& texts) {
  std::string out = "\x89PNG\r\n\x1a\n" +
                    chunk("IHDR", big_endian(7) + big_endian(5) + std::string("\x08\2\0\0\0", 5));
  for (const auto& [name, value] : texts) out += chunk("iTXt", name + std::string(5, '\0') + value);
  return out + chunk("IEND", "");
}

std::string jpeg(const std::string& comment) {
  return "\xff\xd8\xff\xfe" + big_endian(static_cast<uint32_t>(comment.size() + 2), 2) + comment +
         std::string("\xff\xc0\x00\x0b\x08\x00\x05\x00\x07\x01\x01\x11\x00", 13) +
         std::string("\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00", 10) + "\xff\xd9";
}

std::string pdf(int pages) {
  std::string out = "%PDF-1.4\n";
  std::vector<size_t> at;
  const auto object = [&](const std::string& body) {
    at.push_back(out.size());
    out += std::to_string(at.size()) + " 0 obj\n" + body + "\nendobj\n";
  };
  object("<</Type/Catalog/Pages 2 0 R>>");
  object("<</Type/Pages/Kids[]/Count " + std::to_string(pages) + ">>");
  const size_t table = out.size();
  out += "xref\n0 3\n0000000000 65535 f \n";
  for (const size_t offset : at) {
    const std::string digits = std::to_string(offset);
    out += std::string(10 - digits.size(), '0') + digits + " 00000 n \n";
  }
  return out + "trailer\n<</Size 3/Root 1 0 R>>\nstartxref\n" + std::to_string(table) + "\n%%EOF\n";
}

// A song's tag with a picture in it.
std::string mp3(const std::string& picture) {
  const std::string data = std::string(1, '\0') + "image/png" + std::string(1, '\0') + "\3" +
                           std::string(1, '\0') + picture;
  const std::string frame =
      "APIC" + big_endian(static_cast<uint32_t>(data.size())) + std::string(2, '\0') + data;
  return "ID3" + std::string("\3\0\0\0\0\0", 6) + std::string(1, static_cast<char>(frame.size())) +
         frame;
}

class Exif : public testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    if (!has_exiftool()) GTEST_SKIP() << "ExifTool is not installed";
    exif = std::make_unique<ExifEngine>(OptionMap{{"isolation", GetParam()}});
  }
  const Leftovers leftovers;
  std::unique_ptr<ExifEngine> exif;
};
INSTANTIATE_TEST_SUITE_P(Isolation, Exif, testing::Values("none", "process"),
                         [](const auto& each) { return std::string(each.param); });

TEST_P(Exif, TellsOfThePayloadAndNotOfAFile) {
  EXPECT_EQ((*exif)("hello world\n"),
            R"({"ExifToolVersion": 12.57, "FileSize": 12, "FileType": "TXT", )"
            R"("FileTypeExtension": "TXT", "MIMEType": "text/plain", "MIMEEncoding": "us-ascii", )"
            R"("Newlines": "\n", "LineCount": 1, "WordCount": 2})");
}

TEST_P(Exif, WhatItCannotTellStandsInTheResult) {
  EXPECT_EQ((*exif)(""), R"({"ExifToolVersion": 12.57, "FileSize": 0, "Error": "File is empty"})");
  EXPECT_EQ((*exif)("\1\2\3\4"),
            R"({"ExifToolVersion": 12.57, "FileSize": 4, "Error": "Unknown file type"})");
  EXPECT_EQ(exif->value(pdf(6).substr(0, 60), "Warning"), R"("Invalid xref table")");
}

TEST_P(Exif, NumbersAreNumbers) {
  EXPECT_EQ(exif->value(pdf(6), "PageCount"), "6");
  EXPECT_EQ(exif->value(pdf(6), "FileType"), R"("PDF")");
  const std::string image = png({});
  EXPECT_EQ(exif->value(image, "ImageWidth"), "7");
  EXPECT_EQ(exif->value(image, "ColorType"), "2");
  EXPECT_EQ(exif->value(image, "Megapixels"), "3.5e-05");
  for (const char* number :
       {"1e999", "-0", "00", "1e5", "0x10", "inf", "nan", "9999999999999999999"})
    EXPECT_NE(exif->value(png({{"Title", number}}), "Title"), "none") << number;
}

TEST_P(Exif, TextsOfAllKinds) {
  EXPECT_EQ(exif->value(png({{"Title", "Größe 日本 😀"}}), "Title"), R"("Größe 日本 😀")");
  EXPECT_EQ(exif->value(png({{"Title", "a\"b\\c\td\ne"}}), "Title"), R"("a\"b\\c\td\ne")");
  EXPECT_EQ(exif->value(jpeg("bad \xff\xc0 bytes"), "Comment"), R"("bad ?? bytes")");
}

TEST_P(Exif, OneValueForEachName) {
  const std::string twice = png({{"Title", "one"}, {"Title", "two"}});
  EXPECT_EQ(exif->value(twice, "Title"), R"("two")");
  const std::string all = (*exif)(twice);
  EXPECT_EQ(all.find("\"Title\""), all.rfind("\"Title\""));
}

TEST_P(Exif, BinaryValuesAreToldBySize) {
  EXPECT_EQ(exif->value(mp3("12345678"), "Picture"),
            "\"(Binary data 8 bytes, use -b option to extract)\"");
}

TEST_P(Exif, NamesInsideThePayloadStay) {
  const std::string image = png({{"FileName", "evil.exe"}, {"Directory", "/etc"}});
  EXPECT_EQ(exif->value(image, "FileName"), R"("evil.exe")");
  EXPECT_EQ(exif->value(image, "Directory"), R"("/etc")");
}

TEST_P(Exif, NoPayloadGetsIntoTheTalk) {
  const std::string orders = "-execute\n{ready}\n-stay_open\nFalse\n{ready}\n";
  EXPECT_EQ(exif->value(orders, "LineCount"), "5");
  EXPECT_EQ(exif->value(jpeg(orders), "Comment"),
            R"("-execute\n{ready}\n-stay_open\nFalse\n{ready}\n")");
  EXPECT_EQ(exif->value(png({{"Title", "{ready}\n"}}), "Title"), R"("{ready}\n")");
  EXPECT_EQ(exif->value("hello world\n", "WordCount"), "2");
}

TEST_P(Exif, DocumentsTellWhoWroteThem) {
  if (!std::filesystem::exists("/usr/share/perl5/Archive/Zip.pm"))
    GTEST_SKIP() << "Archive::Zip is not installed (Debian: libarchive-zip-perl)";
  const std::string word = office_samples::zip_of(
      {{"[Content_Types].xml", "<Types/>"},
       {"word/document.xml", "<w/>"},
       {"docProps/core.xml",
        "<cp:coreProperties xmlns:cp=\"c\" xmlns:dc=\"d\"><dc:title>Invoice 42</dc:title>"
        "<dc:creator>Mallory</dc:creator></cp:coreProperties>"}});
  EXPECT_EQ(exif->value(word, "Title"), R"("Invoice 42")");
  EXPECT_EQ(exif->value(word, "Creator"), R"("Mallory")");
}

TEST_P(Exif, ALargePayloadIsReadWhereItLies) {
  const std::string large = png({{"Title", "large"}}) + std::string(33 << 20, 'x');
  EXPECT_EQ(exif->value(large, "FileSize"), std::to_string(large.size()));
  EXPECT_EQ(exif->value(large, "Title"), R"("large")");
  EXPECT_EQ(exif->value("hello world\n", "WordCount"), "2");
}

TEST_P(Exif, AShorterPayloadHasNothingOfTheOneBefore) {
  EXPECT_EQ(exif->value(std::string(100'000, 'a') + "\n", "FileSize"), "100001");
  EXPECT_EQ(exif->value("b\n", "FileSize"), "2");
  EXPECT_EQ(exif->value("b\n", "LineCount"), "1");
}

TEST_P(Exif, ManyPayloadsLeaveNothingBehind) {
  (*exif)("warm\n");
  const size_t descriptors = open_descriptors();
  const std::vector<TreeProcess> before = descendants();
  EXPECT_EQ(descendants("exiftool").size(), 1u);
  for (int i = 0; i < 100; ++i)
    EXPECT_EQ(exif->value(png({{"Title", "n" + std::to_string(i)}}), "Title"),
              "\"n" + std::to_string(i) + "\"");
  EXPECT_EQ(open_descriptors(), descriptors);
  std::vector<TreeProcess> after = descendants();
  ASSERT_EQ(after.size(), before.size());
  for (size_t i = 0; i < after.size(); ++i) {
    after[i].state = before[i].state == 'Z' ? '?' : before[i].state;
    EXPECT_EQ(after[i], before[i]) << after[i].name;
  }
}

}  // namespace
}  // namespace stoq::test
