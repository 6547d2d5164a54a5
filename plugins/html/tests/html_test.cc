// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "page.h"
#include "plugins/carving/tests/samples.h"
#include "support/extracted.h"

namespace stoq::test {
namespace {

using namespace std::string_literals;

WorkerScan scan(const std::string& content, std::map<std::string, std::string> options = {}) {
  return scan_with("html", content, std::move(options));
}

TEST(Html, Scripts) {
  const WorkerScan r = scan(
      "<html><head><title>A page</title><SCRIPT type='text/javascript'>var a = '</b>';</Script>"
      "<script>  \n</script><script src=\"http://example.com/a.js\"></script></head></html>",
      {{"isolation", "process"}});
  EXPECT_EQ(r.contents(), Names{"var a = '</b>';"});
  EXPECT_EQ(r.metas(), Names{R"({"offset": 64, "part": "script", "type": "text/javascript"})"});
  EXPECT_EQ(r.result, R"({"title": "A page", "scripts": 1, "data_uris": 0, "reference_count": 1, )"
                      R"("references": [{"tag": "script", "attribute": "src", "target": )"
                      R"("http://example.com/a.js"}]})");
  EXPECT_EQ(r.errors, Names());
}

TEST(Html, HandlersAndScriptLinks) {
  const std::string code = "x = 1; " + std::string(60, 'y');
  const WorkerScan r =
      scan("<body onload=\"" + code + "\" onclick='short()'><a href=\"JavaScript:" + code +
           "2\">a</a><a href='javascript:void(0)'>");
  EXPECT_EQ(r.contents(), (Names{code, code + "2"}));
  EXPECT_EQ(r.metas()[0], R"({"offset": 14, "part": "handler", "type": "onload"})");
  EXPECT_EQ(scan("<body onclick='short()'>", {{"least_handler", "7"}}).contents(),
            Names{"short()"});
}

TEST(Html, WhatIsNoHandler) {
  for (const std::string& text :
       {"<body on='start()'>"s, "<body on1load='start()'>"s, "<body onload='start(\1)'>"s})
    EXPECT_EQ(scan(text, {{"least_handler", "1"}}).extracted.size(), 0u) << text;
  EXPECT_EQ(scan(random_text(1, 16 << 20)).extracted.size(), 0u);
}

TEST(Html, DataUris) {
  const std::string png = "\x89PNG\r\n\x1A\n and more";
  const WorkerScan r =
      scan("<img src=\"data:image/png;base64," + base64_of(png) + "\">" +
           "<p style='background:url(data:text/plain,a%20b%2)'>" +
           "<script>location = 'data:text/html;charset=utf-8;Base64,PGI+\n';</script>");
  ASSERT_EQ(r.contents().size(), 4u) << r.response.dumps();
  EXPECT_EQ(r.contents()[1], png);
  EXPECT_EQ(r.metas()[1], R"({"offset": 10, "part": "data uri", "type": "image/png"})");
  EXPECT_EQ(r.contents()[2], "a b%2");
  EXPECT_EQ(r.contents()[3], "<b>");
}

TEST(Html, ADownloadNamesItsDataUri) {
  const std::string zip = "PK\3\4 and so on";
  const WorkerScan r =
      scan("<a href='data:application/zip;base64," + base64_of(zip) + "' download=\"a.zip\">x</a>");
  EXPECT_EQ(r.contents(), Names{zip});
  EXPECT_EQ(r.metas(), Names{R"({"filename": "a.zip", "offset": 9, "part": "data uri", )"
                             R"("type": "application/zip"})"});
  EXPECT_EQ(r.result,
            R"({"scripts": 0, "data_uris": 1, "downloads": ["a.zip"], "reference_count": 0, )"
            R"("references": []})");
}

TEST(Html, WordsThatAreNoDataUris) {
  EXPECT_EQ(scan("<p>metadata:a/b,c data: text, data:,x data:;base64,</p>").extracted.size(), 0u);
}

TEST(Html, References) {
  const WorkerScan r = scan(
      "<meta http-equiv=refresh content='0; URL=http://a.example/'><iframe src=//b.example/x>"
      "<form action = \"https://c.example/\"><img src=local.png><a href='\\\\d\\e'>",
      {{"max_references", "3"}});
  EXPECT_EQ(r.result,
            R"({"scripts": 0, "data_uris": 0, "reference_count": 4, "references": [)"
            R"({"tag": "meta", "attribute": "content", "target": "http://a.example/"}, )"
            R"({"tag": "iframe", "attribute": "src", "target": "//b.example/x"}, )"
            R"({"tag": "form", "attribute": "action", "target": "https://c.example/"}]})");
}

TEST(Html, WideText) {
  const WorkerScan r = scan("\xFF\xFE" + wide("<script>alert(1)</script>"));
  EXPECT_EQ(r.contents(), Names{"alert(1)"});
  EXPECT_EQ(r.metas(), Names{R"({"offset": 8, "part": "script", "wide": true})"});
  EXPECT_EQ(scan("\xFE\xFF" + wide_big("<script>alert(1)</script>")).contents(), Names{"alert(1)"});
}

TEST(Html, WhatIsNotClosed) {
  EXPECT_EQ(scan("<script>alert(1)").contents(), Names{"alert(1)"});
  EXPECT_EQ(scan("<title>a<script>alert(1)").contents(), Names{"alert(1)"});
  for (const std::string& content :
       {""s, "<"s, "<a"s, "<a b"s, "<a b="s, "<a b='c"s, "<a ==>"s, "</"s, "<!--"s})
    EXPECT_EQ(scan(content).extracted.size(), 0u) << content;
}

TEST(Html, ManyTagsTakeOnePass) {
  std::string page;
  for (int i = 0; i < 200'000; ++i) page += "<script></script><a href=data:<";
  EXPECT_EQ(scan(page).extracted.size(), 0u);
}

}  // namespace
}  // namespace stoq::test
