// SPDX-License-Identifier: Apache-2.0
#include "reader.h"

#include <gtest/gtest.h>

#include "compressed_rtf.h"
#include "samples.h"

namespace stoq::plugins::tnef {
namespace {

using namespace std::string_literals;
using Texts = std::vector<std::string>;

const charset::Charsets& charsets() {
  static const charset::Charsets all;
  return all;
}

TEST(TnefReader, AttachmentsAndMessage) {
  const std::string content = tnef_samples::two_files();
  ASSERT_TRUE(is_tnef(content));
  const Message m = read_tnef(content, charsets());
  EXPECT_EQ(m.defects, Texts());
  EXPECT_EQ(m.subject, "Subjäkt");
  EXPECT_EQ(m.message_class, "IPM.Microsoft Mail.Note");
  EXPECT_EQ(m.body, "the body");
  EXPECT_EQ(m.charset, "CP1252");
  EXPECT_EQ(from_compressed_rtf(m.rtf)->text, "{\\rtf1 x}");
  ASSERT_EQ(m.attachments.size(), 2u);
  EXPECT_EQ(m.attachments[0].name, "short.exe");
  EXPECT_EQ(m.attachments[0].contents, std::vector<std::string_view>{"first content"});
  EXPECT_EQ(m.attachments[1].name, "a long name.exe");
  EXPECT_EQ(m.attachments[1].mime_type, "application/x");
  EXPECT_EQ(m.attachments[1].contents, std::vector<std::string_view>{"second content"});
}

TEST(TnefReader, AMessageInIt) {
  const std::string inner = tnef_samples::two_files(), content = tnef_samples::nested(inner);
  const Message m = read_tnef(content, charsets());
  ASSERT_EQ(m.attachments.size(), 1u);
  EXPECT_TRUE(m.attachments[0].is_message);
  EXPECT_EQ(m.attachments[0].contents, std::vector<std::string_view>{inner});
}

TEST(TnefReader, WideTextGoesOnBehindHalfACharacter) {
  using namespace tnef_samples;
  const std::string subject = utf16("in") + "\0\xDC"s + utf16("voice") + "\0\0"s;
  const std::string content =
      stream(attribute(1, 0x00069003, properties({property(0x1F, 0x0037, subject)})));
  EXPECT_EQ(read_tnef(content, charsets()).subject, "in\uFFFDvoice");
}

TEST(TnefReader, TwoContentsThatDiffer) {
  using namespace tnef_samples;
  const std::string content =
      stream(attribute(2, 0x00069002, "") + attribute(2, 0x0006800F, "one") +
             attribute(2, 0x00069005, properties({property(0x0102, 0x3701, "two")})) +
             attribute(2, 0x0006800F, "one"));
  EXPECT_EQ(read_tnef(content, charsets()).attachments.at(0).contents,
            (std::vector<std::string_view>{"one", "two"}));
}

TEST(TnefReader, DamageIsSaidAndWhatIsBeforeItStands) {
  std::string content = tnef_samples::two_files();
  const Message cut =
      read_tnef(std::string_view(content).substr(0, content.size() - 40), charsets());
  EXPECT_EQ(cut.defects, (Texts{"it is cut short", "the properties of an attachment are broken"}));
  ASSERT_EQ(cut.attachments.size(), 2u);
  EXPECT_EQ(cut.attachments[1].contents, std::vector<std::string_view>{"second content"});
  EXPECT_FALSE(cut.attachments[1].is_complete);

  content[content.find("first")] = 'F';
  EXPECT_EQ(read_tnef(content, charsets()).defects, Texts{"a checksum is wrong"});
  const std::string broken = tnef_samples::stream("\x07 nonsense that is no attribute");
  EXPECT_EQ(read_tnef(broken, charsets()).defects,
            Texts{"an attribute is broken: what follows it was not read"});
  EXPECT_FALSE(is_tnef(""));
  EXPECT_FALSE(is_tnef("\x78\x9F\x3E"));
}

// The examples of [MS-OXRTFCP] 3.1.
TEST(TnefReader, CompressedRtf) {
  const std::string plain(
      "\x2D\0\0\0\x2B\0\0\0\x4C\x5A\x46\x75\xF1\xC5\xC7\xA7\x03\0\x0A\0\x72\x63\x70\x67\x31\x32"
      "\x35\x42\x32\x0A\xF3\x20\x68\x65\x6C\x09\0\x20\x62\x77\x05\xB0\x6C\x64\x7D\x0A\x80\x0F\xA0",
      49);
  EXPECT_EQ(from_compressed_rtf(plain)->text, "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n");
  EXPECT_TRUE(from_compressed_rtf(plain)->complete);
  const std::string crossing(
      "\x1A\0\0\0\x1C\0\0\0\x4C\x5A\x46\x75\xE2\xD4\x4B\x51\x41\0\x04\x20\x57\x58\x59\x5A\x0D\x6E"
      "\x7D\x01\x0E\xB0",
      30);
  EXPECT_EQ(from_compressed_rtf(crossing)->text, "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}");
  EXPECT_FALSE(from_compressed_rtf(plain.substr(0, 30))->complete);
  EXPECT_FALSE(from_compressed_rtf("").has_value());
  EXPECT_FALSE(from_compressed_rtf(std::string(20, 'x')).has_value());
}

}  // namespace
}  // namespace stoq::plugins::tnef
