// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "plugins/carving/tests/samples.h"
#include "support/extracted.h"

namespace stoq::test {
namespace {

std::string result_of(const std::string& content) {
  const WorkerScan r = scan_with("url-files", content);
  EXPECT_EQ(r.errors, Names());
  EXPECT_EQ(r.response.results.size(), 1u);
  return r.result;
}

TEST(UrlFiles, InternetShortcut) {
  const std::string text =
      "\xEF\xBB\xBF[{000214A0}]\r\nProp3=19,2\r\n[InternetShortcut]\r\nURL=file://\\\\a\\b.exe\r\n"
      "IconFile = C:\\x.ico\r\n[Other]\r\nURL=no\r\n";
  const std::string expected =
      R"({"format": "url", "fields": [["url", "file://\\\\a\\b.exe"], ["iconfile", "C:\\x.ico"]]})";
  EXPECT_EQ(result_of(text), expected);
  EXPECT_EQ(result_of("\xFF\xFE" + wide(text.substr(3))), expected);
  EXPECT_EQ(scan_with("url-files", text, {{"isolation", "process"}}).result, expected);
}

TEST(UrlFiles, WebQuery) {
  EXPECT_EQ(result_of("WEB\r\n1\r\nhttp://a.example/?x=1\r\nid=2\r\n\r\nSelection=EntirePage\r\n"),
            R"({"format": "iqy", "fields": [["url", "http://a.example/?x=1"], ["posted", "id=2"], )"
            R"(["selection", "EntirePage"]]})");
}

TEST(UrlFiles, JavaLauncher) {
  EXPECT_EQ(
      result_of("<?xml version='1.0'?><jnlp codebase = \"http://a.example/\" href='x.jnlp'>"
                "<resources><jar href=\"evil.jar\"/></resources>"
                "<application-desc main-class=\"M\" other='x'/></jnlp>"),
      R"({"format": "jnlp", "fields": [["jnlp.codebase", "http://a.example/"], ["jnlp.href", "x.jnlp"], )"
      R"(["jar.href", "evil.jar"], ["application-desc.main-class", "M"]]})");
}

TEST(UrlFiles, AnythingElse) {
  for (const char* content :
       {"", "WEB", "WEB\n2\n", "a [InternetShort", "<jnl", "URL=http://a.example"})
    EXPECT_EQ(result_of(content), "");
  EXPECT_EQ(result_of("<jnlp a"), R"({"format": "jnlp", "fields": []})");
  EXPECT_EQ(result_of("<jnlp href='"), R"({"format": "jnlp", "fields": []})");
}

}  // namespace
}  // namespace stoq::test
