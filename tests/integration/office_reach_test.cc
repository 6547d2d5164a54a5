// SPDX-License-Identifier: Apache-2.0
//
// A program hidden in documents of Office is reached by the shipped rules, on the way that is expected.
#include <gtest/gtest.h>

#include "document_writer.h"
#include "message_writer.h"
#include "package_writer.h"
#include "section_writer.h"
#include "tests/support/objects.h"

namespace stoq::test {
namespace {

using namespace office_samples;

const std::string kProgram = hidden_program(7000);

std::string packed() {
  return compound({stream("\1Ole10Native", ole10native(package("evil.exe", kProgram))),
                   stream("\1CompObj", "x")});
}

std::string document() {
  return compound(
      {stream("WordDocument", std::string(5000, 'w')),
       storage(
           "Macros",
           project_nodes(
               {{"Module1", "Attribute VB_Name = \"Module1\"\r\nSub AutoOpen()\r\nEnd Sub\r\n"}})),
       storage("ObjectPool",
               {storage("_1572",
                        {stream("\1Ole10Native", ole10native(package("evil.exe", kProgram)))})})});
}

std::string macro_document() {
  return word_package(
      {{"Module1", "Attribute VB_Name = \"Module1\"\r\nSub AutoOpen()\r\nEnd Sub\r\n"}}, packed(),
      "http://e.test/t.dotm");
}

std::string rich_text(const std::string& data) {
  std::string hex;
  for (const unsigned char c : data)
    hex += {"0123456789abcdef"[c >> 4], "0123456789abcdef"[c & 15], ' '};
  return "{\\rtf1{\\object\\objemb{\\*\\objdata " + hex + "}}}";
}

std::string message(const std::string& name, const std::string& content) {
  return message_file({"invoice", "see the file", "", {{name, content, {}, false}}});
}

struct Sample {
  std::string name, content;
  Names chain;  // of the program, outermost first
};

std::vector<Sample> samples() {
  const std::vector<Node> inner =
      message_nodes({"inner", "b", "", {{"evil.exe", kProgram, {}, false}}}, true);
  std::vector<Node> with_rtf = message_nodes({"outer", "b", "", {}});
  with_rtf.push_back(
      stream("__substg1.0_10090102",
             rtf_property(rich_text(ole1("Package", package("evil.exe", kProgram))), true)));
  return {
      {"doc", document(), {"ole"}},
      {"docm", macro_document(), {"decompress", "ole"}},
      {"flat.xml",
       flat_package({{"/word/embeddings/oleObject1.bin", packed()}}, "http://e.test/"),
       {"ooxml", "ole"}},
      {"standard.docm",
       encrypted_standard(macro_document(), "infected"),
       {"officecrypt", "decompress", "ole"}},
      {"agile.docm",
       encrypted_agile(macro_document(), "VelvetSweatshop", "SHA512", 100'000),
       {"officecrypt", "decompress", "ole"}},
      {"msg", message("evil.exe", kProgram), {"msg"}},
      {"msg in msg", message_file({"outer", "", "", {{"inner", "", inner, true}}}), {"msg"}},
      {"doc in msg", message("a.doc", document()), {"msg", "ole"}},
      {"rtf body", compound(with_rtf), {"msg", "rtf"}},
      {"rtf", rich_text(ole1("Package", package("evil.exe", kProgram))), {"rtf"}},
      {"doc in rtf", rich_text(ole1("Word.Document.8", document())), {"rtf", "ole"}},
      {"one", onenote_section({{"evil.exe", kProgram}}), {"onenote"}},
      {"docm in one",
       onenote_section({{"a.docm", macro_document()}, {"b.bin", std::string(70'000, 'b')}}),
       {"onenote", "decompress", "ole"}},
      {"exported one", onenote_export({kProgram}, true), {"onenote"}},
  };
}

StoqResponse scan_as_shipped(const std::string& content) {
  static Stoq s([] {
    StoqOptions o = quiet({{"max_recursion", "10"}});
    o.plugin_dir_list = {STOQ_PLUGINS};
    o.dispatchers = {"yara"};
    return o;
  }());
  return s.scan(content, {});
}

Names chain_of(const StoqResponse& response, const std::string& sha256) {
  std::map<std::string, const PayloadResults*> by_id;
  for (const auto& result : response.results) by_id[result.payload_id] = &result;
  for (const auto& result : response.results) {
    if (result.sha256 != sha256) continue;
    Names chain;
    for (const PayloadResults* at = &result; !at->extracted_by.empty();
         at = by_id.at(at->extracted_from))
      chain.insert(chain.begin(), at->extracted_by);
    return chain;
  }
  return {"not reached"};
}

TEST(OfficeReach, TheProgramInEachDocumentIsReached) {
  const std::string sha256 = scan_as_shipped(kProgram).results.at(0).sha256;
  const char* const folder =
      std::getenv("STOQ_WRITE_SAMPLES");  // to look at them with other programs
  for (const auto& [name, content, chain] : samples()) {
    if (folder) std::ofstream(folder + ("/" + name), std::ios::binary) << content;
    const StoqResponse response = scan_as_shipped(content);
    EXPECT_EQ(chain_of(response, sha256), chain) << name;
    for (const auto& [plugin, texts] : response.errors)
      ADD_FAILURE() << name << ": " << plugin << ": " << texts.front();
  }
}

TEST(OfficeReach, MacrosAreReached) {
  for (const std::string& content : {document(), macro_document()}) {
    const StoqResponse response = scan_as_shipped(content);
    bool found = false;
    for (const auto& result : response.results)
      found |= result.extracted_by == "vba" && result.size > 0;
    EXPECT_TRUE(found) << response.dumps();
  }
}

}  // namespace
}  // namespace stoq::test
