// SPDX-License-Identifier: Apache-2.0
#include "ooxml/document.h"

#include <gtest/gtest.h>

#include "collector.h"
#include "document_writer.h"
#include "ooxml/tags.h"

namespace stoq::plugins::ooxml {
namespace {

using namespace office_samples;

TEST(Ooxml, APackageTellsWhatItHoldsAndReachesFor) {
  const std::string raw = word_package({{"Module1", "Attribute VB_Name = \"Module1\"\r\n"}},
                                       "object", "http://e.test/t.dotm?a=1&amp;b=2");
  Collector sink;
  EXPECT_EQ(
      inspect(in_bytes(raw), sink),
      R"({"format": "package", "kind": "word", "part_count": 8, "macros": true, "embedded": ["word/vbaProject.bin", )"
      R"("word/embeddings/oleObject1.bin"], "external_count": 1, "external": [{"source": "word/settings.xml", )"
      R"("type": "attachedTemplate", "target": "http://e.test/t.dotm?a=1&b=2"}]})");
  EXPECT_EQ(sink.contents, Strings());
  EXPECT_EQ(sink.errors, Strings());
}

TEST(Ooxml, PartsOfAnXmlFileComeOut) {
  const std::string program = hidden_program(3000);
  Collector sink;
  EXPECT_EQ(
      inspect(
          in_bytes(flat_package({{"/word/vbaProject.bin", program}, {"/word/media/a.png", "ab"}},
                                "http://e.test/")),
          sink),
      R"({"format": "xml", "kind": "word", "part_count": 3, "macros": true, "embedded": ["/word/vbaProject.bin"], )"
      R"("external_count": 1, "external": [{"source": "/word/document.xml", "type": "frame", "target": "http://e.test/"}]})");
  EXPECT_EQ(sink.contents, (Strings{program, "ab"}));
  EXPECT_EQ(sink.metas.at(0),
            R"({"extra_data": {"filename": "vbaProject.bin", "path": "/word/vbaProject.bin"}})");
}

// With or without a mark in front, either byte first.
Strings utf16_forms(const std::string& ascii) {
  const std::string little = utf16(ascii);
  std::string big;
  for (const char c : ascii) big += {'\0', c};
  return {"\xFF\xFE" + little, little, "\xFE\xFF" + big, big};
}

TEST(Ooxml, Utf16IsReadToo) {
  const std::string flat = flat_package({{"/word/vbaProject.bin", "MZ"}}, "http://e.test/");
  const std::string rels =
      R"(<Relationships><Relationship Target="http://e.test/" TargetMode="External"/></Relationships>)";
  Collector usual;
  const std::string result = inspect(in_bytes(flat), usual);
  for (const std::string& form : utf16_forms(flat)) {
    Collector sink;
    EXPECT_EQ(inspect(in_bytes(form), sink), result);
    EXPECT_EQ(sink.contents, Strings{"MZ"});
  }
  for (const std::string& form : utf16_forms(rels)) {
    Collector sink;
    EXPECT_TRUE(
        inspect(in_bytes(zip_of({{"[Content_Types].xml", ""}, {"word/_rels/a.xml.rels", form}})),
                sink)
            .ends_with(
                R"("external": [{"source": "word/a.xml", "type": "", "target": "http://e.test/"}]})"));
  }
}

// A look at the name of the part for each tag would take many minutes.
TEST(Ooxml, LongNamesAndManyTagsAreLinear) {
  std::string raw = "<pkg:package><pkg:part pkg:name=\"" + std::string(1 << 20, '_') + "\">";
  for (int i = 0; i < 1'000'000; ++i) raw += "<a/>";
  raw += R"(<Relationship Target="t" TargetMode="External"/>)";
  Collector sink;
  const std::string result = inspect(in_bytes(raw), sink);
  EXPECT_LT(result.size(), 2000u);
  EXPECT_NE(result.find(R"("external_count": 1)"), result.npos) << result;
}

TEST(Ooxml, SoDoThoseOfWord2003) {
  Collector sink;
  inspect(in_bytes("<?xml version=\"1.0\"?><w:wordDocument xmlns:w=\"x\"><w:docSuppData><w:binData "
                   "w:name=\"editdata.mso\">QWN0\r\naXZlTWltZQ==</w:binData></w:docSuppData></"
                   "w:wordDocument>"),
          sink);
  EXPECT_EQ(sink.contents, Strings{"ActiveMime"});
}

TEST(Ooxml, ADamagedPackageSaysSo) {
  const std::string raw = word_package({{"M", "x"}}, "object", "http://e.test/");
  Collector sink;
  const std::string result = inspect(in_bytes(raw.substr(0, raw.size() / 2)), sink);
  EXPECT_TRUE(result.starts_with(R"({"format": "package", "kind": "word", "part_count": )"))
      << result;
  EXPECT_EQ(sink.errors,
            Strings{"this package is damaged: its list of parts could not be read to the end"});
}

TEST(Ooxml, TagsAreReadAsTheyStand) {
  Tags tags(
      "<?xml?><!-- <no/> --><a:b c='1 > 0' d:e=\"&lt;&#65;&#x42;&nope;&amp;\">text</a:b><f/><g h");
  ASSERT_TRUE(tags.next());
  EXPECT_EQ(tags.name(), "b");
  EXPECT_EQ(tags.attribute("c"), "1 > 0");
  EXPECT_EQ(tags.attribute("e"), "<AB&nope;&");
  EXPECT_EQ(tags.attribute("d"), "");
  EXPECT_EQ(tags.text(), "text");
  const std::string zeros(100, '0');
  const std::string xml =
      "<a b='&#x" + zeros + "45;xternal&#" + zeros + "65;' c='&#x45' d='&#99999999999;&#;&#x;&'>";
  Tags numbers(xml);
  ASSERT_TRUE(numbers.next());
  EXPECT_EQ(numbers.attribute("b"), "ExternalA");
  EXPECT_EQ(numbers.attribute("c"), "&#x45");
  EXPECT_EQ(numbers.attribute("d"), "&#99999999999;&#;&#x;&");
  ASSERT_TRUE(tags.next());
  EXPECT_EQ(tags.name(), "f");
  EXPECT_FALSE(tags.next());
}

TEST(Ooxml, StopIsHeededAndAnythingElseIsLeftAlone) {
  Collector one(1);
  inspect(in_bytes(flat_package({{"/a", "1"}, {"/b", "2"}}, "x")), one);
  EXPECT_EQ(one.contents, Strings{"1"});
  Collector none;
  EXPECT_EQ(inspect(in_bytes(zip_of({{"a.txt", "x"}})), none), "");
  for (const char* text : {"", "PK\3\4", "<html>a package</html>", "text"})
    EXPECT_EQ(inspect(in_bytes(text), none), "") << text;
  EXPECT_EQ(none.errors, Strings());
}

}  // namespace
}  // namespace stoq::plugins::ooxml
