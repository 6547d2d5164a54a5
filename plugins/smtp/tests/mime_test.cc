// SPDX-License-Identifier: Apache-2.0
#include "mime.h"

#include <gtest/gtest.h>

namespace stoq::plugins::smtp {
namespace {

using Texts = std::vector<std::string>;

const charset::Charsets& mime_charsets() {
  static const charset::Charsets all;
  return all;
}

struct Read {
  explicit Read(std::string content)
      : text(std::move(content)), mail(parse_mail(text, mime_charsets())) {}
  Texts parts() const {
    Texts out;
    for (const Part& part : mail.parts)
      out.push_back(part.type + "=" + std::string(part.body) +
                    (part.kind == Part::Kind::message   ? " (message)"
                     : part.kind == Part::Kind::entity  ? " (entity)"
                     : part.kind == Part::Kind::surplus ? " (surplus)"
                                                        : ""));
    return out;
  }
  std::string text;
  Mail mail;
};

std::string multipart(const std::string& boundary, const std::vector<std::string>& parts,
                      const std::string& type = "mixed") {
  std::string out = "Content-Type: multipart/" + type + "; boundary=\"" + boundary + "\"\n\n";
  for (const std::string& part : parts) out += "--" + boundary + "\n" + part + "\n";
  return out + "--" + boundary + "--\n";
}

const std::string kText = "Content-Type: text/plain\n\nhi", kBin = "Content-Type: a/b\n\nbin";

TEST(SmtpMime, PartsInAnyDepth) {
  const Read mail("Subject: x\n" +
                  multipart("o", {multipart("i", {kText, multipart("oo", {kBin})}), "\nplain"}));
  EXPECT_EQ(mail.parts(), (Texts{"text/plain=hi", "a/b=bin", "text/plain=plain"}));
  EXPECT_EQ(mail.mail.defects, Texts());
}

TEST(SmtpMime, AMailWithoutParts) {
  EXPECT_EQ(Read("A: b\n\nbody\n").parts(), Texts{"text/plain=body\n"});
  EXPECT_EQ(Read("Content-Type: a/b\n\nbody").parts(), Texts{"a/b=body"});
  EXPECT_EQ(Read("no mail at all").parts(), Texts{"text/plain=no mail at all"});
  EXPECT_EQ(Read("").parts(), Texts{"text/plain="});
}

TEST(SmtpMime, AMailInAMail) {
  const Read mail(multipart("b", {"Content-Type: message/rfc822\n\nFrom: x\n\ny"}));
  EXPECT_EQ(mail.parts(), Texts{"message/rfc822=From: x\n\ny (message)"});
  EXPECT_EQ(Read(multipart("b", {"\nFrom: x\n\ny"}, "digest")).parts(),
            Texts{"message/rfc822=From: x\n\ny (message)"});
}

TEST(SmtpMime, ContradictingTypesAreAllFollowed) {
  const Read mail("Content-Type: text/plain\n" + multipart("b", {kBin}));
  EXPECT_EQ(mail.parts(), Texts{"a/b=bin"});
  EXPECT_EQ(mail.mail.defects, Texts{"a part has several Content-Type fields: each was followed"});
}

TEST(SmtpMime, ContradictingBoundariesAreAllFollowed) {
  const Read mail(
      "Content-Type: multipart/mixed; boundary=one; boundary=two\n\n"
      "--one\n\nfirst\n--two\n\nsecond\n--two--\n--one--\n");
  EXPECT_EQ(mail.parts(),
            (Texts{"text/plain=first\n--two\n\nsecond\n--two--", "text/plain=second"}));
  EXPECT_EQ(mail.mail.defects, Texts{"it gives several boundaries: each was followed"});
}

TEST(SmtpMime, OneBoundaryForTwoMultiparts) {
  const Read mail(multipart("b", {kText, multipart("b", {kBin}), kText}));
  const Texts parts = mail.parts();
  EXPECT_EQ(parts.front(), "text/plain=hi");
  EXPECT_TRUE(std::find(parts.begin(), parts.end(), "a/b=bin") != parts.end());
}

TEST(SmtpMime, ContradictingEncodings) {
  const Read mail(
      "Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\nContent-Type: "
      "a/b\n\naGk=");
  ASSERT_EQ(mail.mail.parts.size(), 2u);
  EXPECT_EQ(mail.mail.parts[0].encoding, Encoding::none);
  EXPECT_EQ(mail.mail.parts[1].encoding, Encoding::base64);
}

TEST(SmtpMime, AnEncodedMultipart) {
  const Read mail(
      "Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n"
      "LS1iCkNvbnRlbnQtVHlwZTogYS9iCgpiaW4KLS1iLS0K");
  EXPECT_EQ(mail.parts(), Texts{"a/b=bin"});
  EXPECT_EQ(mail.mail.defects, Texts{"a multipart is encoded as a whole"});
}

TEST(SmtpMime, ABoundaryThatDoesNotOccur) {
  const Read mail("Content-Type: multipart/mixed; boundary=x\n\n--real\n" + kBin + "\n--real--\n");
  EXPECT_EQ(mail.parts(), Texts{"a/b=bin"});
  EXPECT_EQ(mail.mail.defects,
            Texts{"its boundary does not occur: it was cut at lines that look like one"});
  EXPECT_EQ(Read("Content-Type: multipart/mixed\n\njust text").parts(),
            Texts{"text/plain=just text"});
}

TEST(SmtpMime, BlanksAndMoreBehindTheBoundary) {
  EXPECT_EQ(
      Read("Content-Type: multipart/mixed; boundary=b\n\n--b \t\n" + kBin + "\n--b-- \n").parts(),
      Texts{"a/b=bin"});
  const Read mail("Content-Type: multipart/mixed; boundary=b\n\n--b123\n" + kBin + "\n--b123--\n");
  EXPECT_EQ(mail.parts(), Texts{"a/b=bin"});
}

TEST(SmtpMime, PartsBehindTheEndAndNoEnd) {
  const Read behind(multipart("b", {kText}) + "--b\n" + kBin);
  EXPECT_EQ(behind.parts(), (Texts{"text/plain=hi", "a/b=bin"}));
  EXPECT_EQ(behind.mail.defects, Texts{"parts stand behind the closing boundary"});
  EXPECT_EQ(Read("Content-Type: multipart/mixed; boundary=b\n\n--b\n" + kBin).parts(),
            Texts{"a/b=bin"});
}

TEST(SmtpMime, LongTextOutsideOfTheParts) {
  const std::string hidden(300, 'h');
  const Read mail("Content-Type: multipart/mixed; boundary=b\n\n" + hidden + "\n--b\n" + kBin +
                  "\n--b--\n" + hidden);
  EXPECT_EQ(mail.parts(), (Texts{"text/plain=" + hidden + " (surplus)", "a/b=bin",
                                 "text/plain=" + hidden + " (surplus)"}));
}

TEST(SmtpMime, NamesThatContradict) {
  const Read mail(
      "Content-Type: a/b; name=\"a.txt\"\nContent-Disposition: attachment; "
      "filename=\"a.exe\"\n\nx");
  EXPECT_EQ(mail.mail.parts[0].filename, "a.exe");
  EXPECT_EQ(mail.mail.parts[0].other_names, Texts{"a.txt"});
  EXPECT_TRUE(mail.mail.parts[0].is_attachment());
}

TEST(SmtpMime, DepthAndWorkAreBounded) {
  std::string deep = kBin;
  for (int i = 0; i < 100; ++i) deep = multipart("b" + std::to_string(i) + "e", {deep});
  const Read mail(deep);
  ASSERT_EQ(mail.mail.parts.size(), 1u);
  EXPECT_EQ(mail.mail.parts[0].kind, Part::Kind::entity);
  EXPECT_EQ(Read(std::string(mail.mail.parts[0].body)).mail.parts[0].kind, Part::Kind::entity);

  // Each level has eight readings: without a bound 8^32 of them.
  std::string wide = kBin;
  for (int i = 0; i < 31; ++i) {
    std::string type = "Content-Type: multipart/mixed", lines;
    for (char c = 'a'; c < 'i'; ++c) {
      const std::string boundary = std::string(1, c) + std::to_string(i);
      type += "; boundary=" + boundary;
      lines += "--" + boundary + "\n";
    }
    wide = type + "\n\n" + lines + wide + "\n";
  }
  const Read many(wide);
  EXPECT_LE(many.mail.parts.size(), 100'001u);
  EXPECT_FALSE(many.mail.defects.empty());
}

// Each of these took time that grows with the square of the size; the test's deadline sees it.
TEST(SmtpMime, OneLongLineOfBoundaries) {
  std::string body;
  for (int i = 0; i < 1'000'000; ++i) body += "--b";
  EXPECT_EQ(Read("Content-Type: multipart/mixed; boundary=b\n\n" + body).mail.parts.size(), 1u);
  std::string words;
  for (int i = 0; i < 500'000; ++i) words += "=?a?q?x";
  EXPECT_TRUE(decoded(words, mime_charsets()) == words);
}

}  // namespace
}  // namespace stoq::plugins::smtp
