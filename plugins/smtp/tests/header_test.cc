// SPDX-License-Identifier: Apache-2.0
#include "header.h"

#include <gtest/gtest.h>

#include "parameters.h"

namespace stoq::plugins::smtp {
namespace {

using Texts = std::vector<std::string>;

const charset::Charsets& charsets() {
  static const charset::Charsets all;
  return all;
}

Texts fields(std::string_view text) {
  Texts out;
  for (const Field& field : parse_head(text).fields) {
    out.push_back(field.name + "=");
    out.back() += unfolded(field.value);
  }
  return out;
}

TEST(SmtpHeader, FieldsUpToTheEmptyLine) {
  const std::string text = "From: a@b\r\nSubject: one\r\n two\r\n\tthree\r\n\r\nBody: no\r\n";
  EXPECT_EQ(fields(text), (Texts{"from=a@b", "subject=one two\tthree"}));
  const Head head = parse_head(text);
  EXPECT_TRUE(head.separated);
  EXPECT_EQ(text.substr(head.body), "Body: no\r\n");
}

TEST(SmtpHeader, EveryLineEnd) {
  for (const std::string end : {"\n", "\r\n", "\r"}) {
    const std::string text = "A: 1" + end + "B: 2" + end + end + "body";
    EXPECT_EQ(fields(text), (Texts{"a=1", "b=2"})) << end;
    EXPECT_EQ(text.substr(parse_head(text).body), "body");
  }
}

TEST(SmtpHeader, CommentsAndBlanksInNames) {
  EXPECT_EQ(
      fields("Content-Type (really): text/html\nContent-Transfer-Encoding : base64\n"
             "Sub(x)ject: y\n(only)X-A(b(c)d) : z\n\n"),
      (Texts{"content-type=text/html", "content-transfer-encoding=base64", "subject=y", "x-a=z"}));
}

TEST(SmtpHeader, LinesThatAreNoFields) {
  const std::string passed = "From: a\nthis is none\nContent-Type: text/html\n\nbody";
  EXPECT_EQ(fields(passed), (Texts{"from=a", "content-type=text/html"}));
  EXPECT_EQ(parse_head(passed).strays, 1u);
  const std::string body = "From: a\nHello you,\nhere it is\n\nbye";
  EXPECT_EQ(fields(body), Texts{"from=a"});
  EXPECT_EQ(body.substr(parse_head(body).body), "Hello you,\nhere it is\n\nbye");
  EXPECT_FALSE(parse_head(body).separated);
  EXPECT_EQ(parse_head("nothing of the kind").body, 0u);
  EXPECT_EQ(parse_head("").body, 0u);
  EXPECT_EQ(parse_head("A: b").body, 4u);
}

TEST(SmtpHeader, EncodedWords) {
  const auto text = [](std::string_view value) { return decoded(value, charsets()); };
  EXPECT_EQ(text("=?utf-8?Q?T=C3=A4st_1?="), "Täst 1");
  EXPECT_EQ(text("=?UTF-8?b?VMOkc3Q=?= and more"), "Täst and more");
  EXPECT_EQ(text("a =?iso-8859-1*de?q?=E4?= b"), "a ä b");
  EXPECT_EQ(text("=?utf-8?Q?a?=\r\n =?utf-8?Q?b?="), "ab");
  EXPECT_EQ(text("=?utf-8?B?w6?= =?utf-8?B?pA==?="), "ä") << "cut inside of a character";
  EXPECT_EQ(text("=?koi8-r?B?8NLJ?= =?utf-8?Q?=C3=A4?="), "Приä");
  EXPECT_EQ(text("=?nowhere?Q?=C3=A4?="), "ä");
  EXPECT_EQ(text("=?utf-8?X?abc?= =?utf-8?Q?abc =?"), "=?utf-8?X?abc?= =?utf-8?Q?abc =?");
  EXPECT_EQ(text("raw \xE4"), "raw ä");
  EXPECT_EQ(text("=?"), "=?");
}

TEST(SmtpHeader, Parameters) {
  const auto first = [](std::string_view value, std::string_view name) {
    return Parameters(value, charsets()).first(name);
  };
  EXPECT_EQ(Parameters(" Text/HTML (x) ; charset=utf-8", charsets()).word(), "text/html");
  EXPECT_EQ(first("a/b; name=\"x; \\\"y\\\".txt\"", "name"), "x; \"y\".txt");
  EXPECT_EQ(first("a/b; name=\"C:\\temp\\a.exe\"", "name"), "C:\\temp\\a.exe");
  EXPECT_EQ(first("a/b; NAME = a b.exe ; x=1", "name"), "a b.exe");
  EXPECT_EQ(first("a/b; boundary=abc (comment; \"x\")", "boundary"), "abc");
  EXPECT_EQ(first("multipart/mixed boundary=abc", "boundary"), "abc");
  EXPECT_EQ(first("a/b; name=\"=?utf-8?Q?=C3=A4.exe?=\"", "name"), "ä.exe");
  EXPECT_EQ(first("a/b; name=\"never closed", "name"), "never closed");
  EXPECT_EQ(first("attachment; filename*=utf-8''%e2%82%ac.exe", "filename"), "€.exe");
  EXPECT_EQ(first("attachment; filename*1*=%ac.e; filename*0*=utf-8'en'%e2%82; filename*2=\"xe\"",
                  "filename"),
            "€.exe");
  EXPECT_EQ(first("attachment; filename*0=\"a\"; filename*1=\"b.exe\"", "filename"), "ab.exe");
  EXPECT_EQ(
      Parameters("a; filename=x.txt; filename*=''y.exe; filename=z", charsets()).all("filename"),
      (Texts{"y.exe", "x.txt", "z"}));
  EXPECT_EQ(Parameters("", charsets()).word(), "");
  EXPECT_EQ(Parameters(";;=;*=;*0*=", charsets()).all(""), Texts());
}

}  // namespace
}  // namespace stoq::plugins::smtp
