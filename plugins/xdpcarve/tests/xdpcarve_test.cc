// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "plugins/carving/tests/samples.h"
#include "support/extracted.h"

namespace stoq::test {
namespace {

using namespace std::string_literals;

WorkerScan scan(const std::string& content, std::map<std::string, std::string> options = {}) {
  return scan_with("xdpcarve", content, std::move(options));
}

// The error without what the engine puts around it.
std::string problem(const std::string& content) {
  const WorkerScan r = scan(content);
  EXPECT_EQ(r.errors.size(), 1u) << content;
  const std::string start = "Unable to parse payload as XML with xdpcarve: ";
  const std::string text = r.errors.empty() ? "" : r.errors[0];
  const size_t at = text.find(start);
  if (at == text.npos) return text;
  return text.substr(at + start.size(), text.find(" ; payload") - at - start.size());
}

TEST(XdpCarve, AnXdpFile) {
  const std::string pdf = "%PDF-1.5 and so on, some bytes \xFF\0\x01"s;
  const WorkerScan r = scan(
      "<?xml version=\"1.0\"?>\n<xdp:xdp xmlns:xdp=\"http://ns.adobe.com/xdp/\">"
      "<pdf><document><chunk>\n" +
          base64_of(pdf) + "\n</chunk></document></pdf></xdp:xdp>\n",
      {{"isolation", "process"}});
  EXPECT_EQ(r.contents(), Names{pdf});
  EXPECT_EQ(r.metas(), Names{R"({"element_name": "chunk", "offset": 83})"});
  EXPECT_EQ(r.errors, Names());
  EXPECT_EQ(r.result, "");
}

TEST(XdpCarve, WhatIsNoBase64StaysAsItIs) {
  EXPECT_EQ(scan("<chunk>some text, no base64  \n</chunk>").contents(),
            Names{"some text, no base64"});
  EXPECT_EQ(scan("<chunk>YWJj.ZGVm</chunk>").contents(), Names{"YWJj.ZGVm"});
  EXPECT_EQ(scan("<chunk>YWJ</chunk>").contents(), Names{"YWJ"}) << "not padded";
}

TEST(XdpCarve, OtherElementsPrefixesAndNesting) {
  const WorkerScan r =
      scan("<a><x:b>outer<b>inner</b> more</x:b><c/><B>no</B></a>", {{"elements", "b, c"}});
  EXPECT_EQ(r.contents(), (Names{"inner", "outer more"}));
  EXPECT_EQ(r.metas(), (Names{R"({"element_name": "b", "offset": 13})",
                              R"({"element_name": "b", "offset": 3})"}));
}

TEST(XdpCarve, EntitiesCommentsAndCData) {
  EXPECT_EQ(
      scan("<chunk>a&lt;b&amp;&#65;&#x42;&unknown;&#xD800;<!-- no --><![CDATA[<c>&lt;]]></chunk>")
          .contents(),
      Names{"a<b&AB&unknown;&#xD800;<c>&lt;"});
  EXPECT_EQ(scan("<!DOCTYPE a [<!ENTITY e \"]>\"> ]><chunk at='>'>&e;</chunk>").contents(),
            Names{"&e;"});
}

TEST(XdpCarve, InWideCharacters) {
  EXPECT_EQ(scan("\xFF\xFE" + wide("<chunk>abc+</chunk>")).contents(), Names{"i\xB7>"});
}

TEST(XdpCarve, EmptyElements) {
  EXPECT_EQ(scan("<a><chunk/><chunk></chunk><chunk> \n</chunk></a>").contents(), Names());
}

TEST(XdpCarve, WhatIsNoXml) {
  EXPECT_EQ(problem(""), "there is no element at byte 0");
  EXPECT_EQ(problem("MZ and text"), "text outside of any element at byte 0");
  EXPECT_EQ(problem("<a>< b/></a>"), "'<' begins no element at byte 3");
  EXPECT_EQ(problem("<a><b"), "'>' is missing for what begins at byte 3");
  EXPECT_EQ(problem("<a><!-- b"), "'-->' is missing for what begins at byte 3");
  EXPECT_EQ(problem("<a></b>"), "</b> closes nothing that is open at byte 3");
  EXPECT_EQ(problem("<a><b></b>"), "<a> is not closed at byte 10");
  std::string deep;
  for (int i = 0; i <= 10'000; ++i) deep += "<a>";
  EXPECT_EQ(problem(deep), "more than 10000 levels of elements at byte 30003");
}

TEST(XdpCarve, WhatStandsBeforeTheDamageIsKept) {
  const WorkerScan r = scan("<a><chunk>here it is.</chunk><chunk>cut");
  EXPECT_EQ(r.contents(), Names{"here it is."});
  EXPECT_EQ(r.errors.size(), 1u);
}

}  // namespace
}  // namespace stoq::test
