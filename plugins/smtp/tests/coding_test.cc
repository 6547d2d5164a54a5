// SPDX-License-Identifier: Apache-2.0
#include "coding.h"

#include <gtest/gtest.h>

#include "carving/binhex.h"
#include "text_files.h"

namespace stoq::plugins::smtp {
namespace {

using namespace std::string_literals;

TEST(SmtpCoding, Base64TakesWhatProgramsTake) {
  EXPECT_EQ(from_base64("aGVsbG8="), "hello");
  EXPECT_EQ(from_base64("aGVs\r\nbG8"), "hello");
  EXPECT_EQ(from_base64("aGVsbG8= aGVsbG8="), "hellohello");
  EXPECT_EQ(from_base64("a!G*Vs bG8=="), "hello");
  EXPECT_EQ(from_base64(""), "");
  EXPECT_EQ(from_base64("a"), "");
  EXPECT_EQ(from_base64("===="), "");
  EXPECT_EQ(from_base64("QQ=QQ=QQ="), "AAA");
}

TEST(SmtpCoding, QuotedPrintable) {
  EXPECT_EQ(from_quoted_printable("a=3Db=\r\nc \t\r\nd"), "a=bc\r\nd");
  EXPECT_EQ(from_quoted_printable("100=% =ZZ ="), "100=% =ZZ ");
  EXPECT_EQ(from_quoted_printable("=00=ff"), "\0\xFF"s);
}

TEST(SmtpCoding, NamesOfEncodings) {
  EXPECT_EQ(encoding_named(" BASE64 (as always)"), Encoding::base64);
  EXPECT_EQ(encoding_named("\"quoted-printable\""), Encoding::quoted_printable);
  EXPECT_EQ(encoding_named("X-uuencode"), Encoding::uuencode);
  EXPECT_EQ(encoding_named("8bit"), Encoding::none);
  EXPECT_EQ(encoding_named(""), Encoding::none);
  EXPECT_EQ(encoding_named("base65"), Encoding::unknown);
}

std::vector<TextFile> files_in(std::string_view text) {
  std::vector<TextFile> all;
  find_text_files(text, 1 << 20, [&](TextFile&& file) {
    all.push_back(std::move(file));
    return true;
  });
  return all;
}

// "The quick brown fox" by uuencode of GNU sharutils' format, as Python's binascii writes it too.
const std::string kFox =
    "begin 644 fox.txt\n3"
    "5&AE('%U:6-K(&)R;W=N(&9O>   \n`\nend\n";

TEST(SmtpCoding, UuencodeInText) {
  const auto files = files_in("Dear all,\nbegin with the annex.\n\n" + kFox + "Regards\n" + kFox);
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].name, "fox.txt");
  EXPECT_EQ(files[0].kind, "uuencode");
  EXPECT_EQ(files[0].content, "The quick brown fox");
  EXPECT_TRUE(files[0].complete);
  EXPECT_EQ(files[0].offset, 33u);
  EXPECT_EQ(files[1].content, "The quick brown fox");
}

TEST(SmtpCoding, UuencodeThatBreaksOffGivesItsStart) {
  const auto files = files_in(kFox.substr(0, kFox.size() - 6));
  ASSERT_EQ(files.size(), 1u);
  EXPECT_FALSE(files[0].complete);
  EXPECT_EQ(files[0].content, "The quick brown fox");
  EXPECT_TRUE(
      files_in("begin 644 nothing behind it\nWith kind regards, and more than that\n").empty());
}

TEST(SmtpCoding, Base64InText) {
  const auto files = files_in("begin-base64 755 a b.sh\r\naGVsbG8=\r\n====\r\n");
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].name, "a b.sh");
  EXPECT_EQ(files[0].content, "hello");
  EXPECT_TRUE(files[0].complete);
}

TEST(SmtpCoding, PartsWithTheEncoding) {
  EXPECT_EQ(from_uuencode(kFox), "The quick brown fox");
  EXPECT_EQ(from_uuencode("\n" + kFox.substr(kFox.find('\n') + 1)), "The quick brown fox");
  EXPECT_EQ(from_uuencode("no such thing in here, really"), "");
}

// Written by the rules of the format, independently of the reader.
std::string binhex(const std::string& name, const std::string& data, const std::string& resource) {
  const auto with_sum = [](std::string bytes) {
    unsigned crc = 0;
    for (const char c : bytes + "\0\0"s)
      for (int bit = 7; bit >= 0; --bit) {
        const bool carry = crc & 0x8000;
        crc = (crc << 1 | (static_cast<unsigned char>(c) >> bit & 1)) & 0xFFFF;
        if (carry) crc ^= 0x1021;
      }
    return bytes + static_cast<char>(crc >> 8) + static_cast<char>(crc);
  };
  const auto size = [](std::size_t n) {
    return std::string{static_cast<char>(n >> 24), static_cast<char>(n >> 16),
                       static_cast<char>(n >> 8), static_cast<char>(n)};
  };
  const std::string plain = with_sum(static_cast<char>(name.size()) + name + "\0TEXTttxt\0\0"s +
                                     size(data.size()) + size(resource.size())) +
                            with_sum(data) + with_sum(resource);
  std::string runs;
  for (std::size_t i = 0; i < plain.size();) {
    std::size_t same = 1;
    while (i + same < plain.size() && plain[i + same] == plain[i] && same < 255) ++same;
    if (plain[i] == '\x90') {
      runs += "\x90\0"s, ++i;
    } else if (same > 3) {
      runs += plain[i];
      runs += '\x90';
      runs += static_cast<char>(same);
      i += same;
    } else {
      runs += plain[i++];
    }
  }
  constexpr char kAlphabet[] = "!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr";
  std::string text;
  unsigned group = 0, bits = 0;
  for (const char c : runs) {
    group = group << 8 | static_cast<unsigned char>(c);
    for (bits += 8; bits >= 6; bits -= 6) {
      text += kAlphabet[group >> (bits - 6) & 63];
      if (text.size() % 65 == 64) text += '\n';
    }
  }
  if (bits > 0) text += kAlphabet[group << (6 - bits) & 63];
  return "(This file must be converted with BinHex 4.0)\n\n:" + text + ":\n";
}

TEST(SmtpCoding, BinHexInText) {
  const std::string data = "MZ\x90\x90" + std::string(300, 'z') + "end";
  const auto files = files_in("Hello\n" + binhex("a.exe", data, "res") + "Bye\n");
  ASSERT_EQ(files.size(), 2u);
  EXPECT_EQ(files[0].name, "a.exe");
  EXPECT_EQ(files[0].content, data);
  EXPECT_TRUE(files[0].complete);
  EXPECT_EQ(files[1].kind, "binhex resource fork");
  EXPECT_EQ(files[1].content, "res");
}

TEST(SmtpCoding, BinHexThatIsDamagedSaysSo) {
  std::string text = binhex("a.exe", "content", "");
  text.resize(text.size() - 9);
  const auto files = files_in(text);
  ASSERT_EQ(files.size(), 1u);
  EXPECT_FALSE(files[0].complete);
  EXPECT_TRUE(files_in("(This file must be converted with BinHex 4.0)\n\n:$f:\n").empty());
  EXPECT_TRUE(files_in("(This file must be converted with BinHex 4.0)").empty());
}

TEST(SmtpCoding, AFileWithoutItsEndHidesNoneBehindIt) {
  const std::string base64 = "begin-base64 644 a\naGVsbG8=\n", fox = kFox + "====\n:\n";
  std::string cut = binhex("a", std::string(300, 'a') + "bcdefghijklmnopqrstuvwxyz", "");
  cut.resize(cut.size() - 20);
  for (const std::string& decoy : {base64, cut + "\n"}) {
    const auto files = files_in(decoy + fox + decoy + binhex("b", "data", "") + decoy + base64);
    ASSERT_EQ(files.size(), 6u) << decoy;
    for (const std::size_t i : {0u, 2u, 4u}) EXPECT_FALSE(files[i].complete) << decoy;
    EXPECT_EQ(files[1].content, "The quick brown fox") << decoy;
    EXPECT_EQ(files[3].content, "data") << decoy;
    EXPECT_EQ(files[5].content, "hello") << decoy;
  }
}

TEST(SmtpCoding, ABombOfRunsIsBounded) {
  std::string text = binhex("a", std::string(100'000, 'a'), "");
  const auto file = carving::from_binhex(std::string_view(text).substr(text.find(':') + 1), 1000);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->data.size(), 1000u);
  EXPECT_EQ(file->problem, "its data is too large");
}

TEST(SmtpCoding, ManyStartsOfFilesCostOnePass) {
  std::string text;
  for (int i = 0; i < 100'000; ++i)
    text += "(This file must be converted with BinHex 4.0)\nbegin 644 a\n";
  EXPECT_TRUE(files_in(text).empty());
}

}  // namespace
}  // namespace stoq::plugins::smtp
