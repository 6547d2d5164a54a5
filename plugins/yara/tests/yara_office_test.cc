// SPDX-License-Identifier: Apache-2.0
// The shipped rules for documents of Office: which plugins each kind of content is sent to.
#include <gtest/gtest.h>

#include "dispatch.h"
#include "rule_folder.h"

#ifndef STOQ_YARA_RULES_DIR
#define STOQ_YARA_RULES_DIR "rules"
#endif

namespace stoq::plugins::yara {
namespace {

using namespace std::string_literals;

const std::string kOle = "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

std::string wide_text(const std::string& text) {
  std::string out;
  for (const char c : text) out += {c, '\0'};
  return out;
}

struct Sent {
  std::string content;
  Texts rules, plugins;
};

constexpr char kFlat[] =
    "<pkg:package xmlns:pkg=\"http://schemas.microsoft.com/office/2006/xmlPackage\">";

TEST(Office, EachKindOfDocumentIsSentToItsPlugins) {
  auto loaded = RuleSet::load({STOQ_YARA_RULES_DIR "/office.yar"}, {});
  ASSERT_EQ(loaded.problems, Texts());
  Scanner scanner(loaded.rules);
  const std::vector<Sent> all = {
      {kOle, {"ole_compound_file"}, {"ole", "vba"}},
      {kOle + wide_text("__properties_version1.0"), {"outlook_message"}, {"msg"}},
      {kOle + wide_text("EncryptedPackage"),
       {"ole_compound_file", "encrypted_office_package"},
       {"ole", "vba", "officecrypt"}},
      {"ActiveMime\0\0"s, {"active_mime"}, {"ole"}},
      {"{\\rtf1", {"rtf_document"}, {"rtf"}},
      {"{\\rt", {"rtf_document"}, {"rtf"}},
      {"\xE4\x52\x5C\x7B\x8C\xD8\xA7\x4D\xAE\xB1\x53\x78\xD0\x29\x96\xD3",
       {"onenote_section"},
       {"onenote"}},
      {"PK\3\4 word/document.xml [Content_Types].xml", {"office_package"}, {"ooxml"}},
      {"<?xml version=\"1.0\"?><pkg:package "
       "xmlns:pkg=\"http://schemas.microsoft.com/office/2006/xmlPackage\">",
       {"office_xml_file"},
       {"ooxml"}},
      {"\xEF\xBB\xBF<?xml version=\"1.0\"?><w:wordDocument "
       "xmlns:w=\"http://schemas.microsoft.com/office/word/2003/wordml\">",
       {"office_xml_file"},
       {"ooxml"}},
      {"\xFF\xFE" + wide_text(kFlat), {"office_xml_file"}, {"ooxml"}},
      {"\xFE\xFF\0"s + wide_text(kFlat), {"office_xml_file"}, {"ooxml"}},
  };
  std::set<std::string> tested;
  for (const auto& [content, rules, plugins] : all) {
    const auto result = scanner.scan(bytes(content));
    EXPECT_EQ(names(result), rules);
    tested.insert(rules.begin(), rules.end());
    const auto found = dispatch(result.matches);
    Texts named;
    for (const auto& [plugin, meta] : found.plugins) named.push_back(plugin);
    EXPECT_EQ(named, plugins) << rules[0];
    EXPECT_EQ(found.problems, Texts());
  }
  EXPECT_EQ(tested.size(), loaded.rules->rule_count());
}

TEST(Office, NearMissesAreSentNowhere) {
  auto loaded = RuleSet::load({STOQ_YARA_RULES_DIR "/office.yar"}, {});
  for (const std::string& content : Texts{
           "", "{\\r", "text {\\rtf1", kOle.substr(0, 7), wide_text("__properties_version1.0"),
           "ActiveMim", "PK\3\4 no document", "[Content_Types].xml", "<html>",
           "\xE4\x52\x5C\x7B and text", "text http://schemas.microsoft.com/office/2006/xmlPackage"})
    EXPECT_EQ(matching(loaded.rules, content), Texts()) << content.substr(0, 40);
}

}  // namespace
}  // namespace stoq::plugins::yara
