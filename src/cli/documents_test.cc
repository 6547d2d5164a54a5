// SPDX-License-Identifier: Apache-2.0
#include "cli/documents.h"

#include <gtest/gtest.h>

#include "cli/tree_samples.h"

namespace stoq::cli {
namespace {

// The lines that a worker's result makes.
std::string told(std::string_view worker, std::string_view result, size_t width = 100) {
  PayloadResults root = payload("r", "", "f");
  root.workers[0].set(worker, Json::parse(result));
  const std::string text = drawn(response({root}), width);
  const size_t first = text.find('\n') + 1;
  return text.substr(first, text.find("\n\n") + 1 - first);
}

TEST(Documents, AMailSaysWhoWroteWhatAndWhatHangsOnIt) {
  EXPECT_EQ(
      told(
          "smtp",
          R"({"from": "Alice <a@x>", "to": "b@x", "subject": "In\u001bvoice", "date": "Tue", "body": "see\r\n  it", "body_html": "",
            "mail": {"container": "mbox", "mails": 2, "parts": [{"type": "text/plain", "status": "body"},
              {"filename": "a.zip", "status": "extracted"}, {"filename": "b.zip", "status": "damaged"}],
              "defects": ["parts stand behind the closing boundary"], "passwords": ["s3cret"]}})"),
      R"(   mail   from Alice <a@x> · to b@x
          "In\x1bvoice" · Tue
          text see it
          mbox · 2 mails
          attached a.zip · b.zip (damaged)
          passwords it names s3cret
          contradictions parts stand behind the closing boundary
)");
  EXPECT_EQ(
      told("msg", R"({"format": "msg", "subject": "old", "attachments": [{"filename": "a"}]})"),
      R"(   mail   "old"
          attached a
)");
  EXPECT_EQ(
      told("tnef", R"({"from": "A", "attachments": [{"filename": "a", "status": "stopped"}]})"),
      R"(   mail   from A
          attached a (stopped)
)");
}

TEST(Documents, APdfSaysWhatItDoes) {
  EXPECT_EQ(
      told(
          "pdf",
          R"({"version": "1.7", "encrypted": true, "password": "infected", "pages": 1, "revisions": 2,
            "actions": {"Launch": 1, "URI": 5}, "launches": ["cmd.exe /c calc"], "uris": ["http://1", "2", "3", "4", "5", "6"],
            "extracted": [{"kind": "embedded_file", "filename": "a.exe", "status": "extracted"},
                          {"kind": "javascript", "status": "extracted"}, {"kind": "image", "status": "stopped"}]})"),
      R"(   pdf    version 1.7 · 1 page · 2 revisions · encrypted · password "infected"
          actions Launch · URI
          starts cmd.exe /c calc
          holds a.exe · javascript
          leads to http://1 · 2 · 3 · 4 and 2 more
)");
}

TEST(Documents, OfficeFilesSayWhatLiesInThem) {
  EXPECT_EQ(told("ooxml",
                 R"({"kind": "word", "part_count": 14, "macros": true, "embedded": ["word/a.bin"],
                  "external": [{"type": "attachedTemplate", "target": "http://x/t.dotm"}]})"),
            R"(   office word · macros
          embeds word/a.bin
          leads to attachedTemplate http://x/t.dotm
)");
  EXPECT_EQ(
      told("ole",
           R"({"stream_count": 2, "streams": [{"name": "a"}, {"name": "b", "file": "i.exe"}]})"),
      R"(   ole    2 streams
          holds i.exe
)");
  EXPECT_EQ(
      told(
          "vba",
          R"({"modules": [{"name": "M", "status": "extracted"}, {"name": "S", "status": "very hidden"}]})"),
      "   macros modules M · S (very hidden)\n");
  EXPECT_EQ(
      told(
          "rtf",
          R"({"object_count": 1, "objects": [{"kind": "package", "class": "Package", "filename": "e.exe", "updates": true}],
                  "templates": ["http://x"], "instructions": ["DDE a"]})"),
      R"(   rtf    objects package e.exe, loaded on opening
          template http://x
          fields DDE a
)");
  EXPECT_EQ(told("onenote", R"({"format": "section", "files": [{"filename": "i.hta"}]})"),
            R"(   notes  section
          files i.hta
)");
  EXPECT_EQ(
      told(
          "officecrypt",
          R"({"encryption": "agile", "cipher": "AES-256-CBC", "password": "x", "status": "decrypted"})"),
      "   locked agile · AES-256-CBC · decrypted · password \"x\"\n");
}

TEST(Documents, WhatIsOfAnotherShapeIsShownAsAnyResult) {
  EXPECT_EQ(told("pdf", R"({"a": 1})"), "   pdf    a: 1\n");
  EXPECT_EQ(told("vba", R"({"modules": []})"), "   vba    modules: 0 items\n");
  EXPECT_EQ(told("smtp", R"("text")"), "   smtp   text\n");
}

}  // namespace
}  // namespace stoq::cli
