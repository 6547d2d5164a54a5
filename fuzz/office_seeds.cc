// SPDX-License-Identifier: Apache-2.0
// Documents of Office, small ones.
#include "document_writer.h"
#include "fuzz/target.h"
#include "message_writer.h"
#include "package_writer.h"
#include "project_writer.h"
#include "section_writer.h"

using namespace office_samples;

namespace {

std::string hex(const std::string& bytes) {
  std::string out;
  for (const unsigned char c : bytes)
    out += {"0123456789abcdef"[c >> 4], "0123456789abcdef"[c & 15]};
  return out;
}

std::vector<Node> streams() {
  const std::string slide = le(0, 2) + le(0x1011, 2) + le(5, 4) + "plain";
  return {
      stream("large", std::string(5000, 'x')), stream("PowerPoint Document", slide),
      storage("ObjectPool", {stream("\1Ole10Native", ole10native(package("a.exe", "MZ", true)))})};
}

const std::vector<Macro> kMacros = {
    {"Module1", "Attribute VB_Name = \"Module1\"\r\nSub a()\r\nEnd Sub\r\n"}};

}  // namespace

STOQ_FUZZ_SEEDS(ole) {
  return {compound(streams()), compound(streams(), {.version4 = true}),
          "ActiveMime" + std::string(40, '\1') + "\x78\x9C\xCB\x48\xCD\xC9\xC9\x07\0\6\x2C\2\x15"};
}
STOQ_FUZZ_SEEDS(msg) {
  const std::vector<Node> inner = message_nodes({"inner", "b", "", {{"a", "1", {}, false}}}, true);
  std::vector<Node> with_rtf = message_nodes(
      {"outer", "body", "<p>", {{"i", "", inner, true}, {"o", "", streams(), false}}});
  with_rtf.push_back(stream("__substg1.0_10090102", rtf_property("{\\rtf1 some text}", true)));
  return {compound(with_rtf)};
}
STOQ_FUZZ_SEEDS(vba) {
  const std::string formula = text_token("calc") + call_token(1, 110);
  return {compound(project_nodes(kMacros)),
          compound({stream("Workbook", workbook({formula, "\x1E\1\0"}))}),
          word_package(kMacros, "object", "http://e.test/")};
}
STOQ_FUZZ_SEEDS(rtf) {
  return {"{\\rtf1{\\*\\template x}{\\object\\objupdate{\\*\\objclass P}{\\*\\objdata " +
          hex(ole1("Package", package("a.exe", "MZ"))) +
          "\\bin3 }{\\\\'41{\\*\\foo 42}}}{\\field{\\*\\fldinst DDE x}}}"};
}
STOQ_FUZZ_SEEDS(onenote) {
  return {onenote_section({{"a.exe", "MZ"}, {"b.hta", "<script>"}}),
          onenote_export({"MZ", "<script>"}, true), onenote_export({"MZ", "<script>"}, false)};
}
STOQ_FUZZ_SEEDS(ooxml) {
  return {word_package(kMacros, "object", "http://e.test/"),
          flat_package({{"/word/a.bin", "MZ"}}, "http://e.test/?a&amp;b")};
}
STOQ_FUZZ_SEEDS(officecrypt) {
  return {encrypted_standard("PK", "infected"), encrypted_agile("PK", "infected", "SHA1", 10),
          encrypted_agile("PK", "infected", "SHA512", 10)};
}
