// SPDX-License-Identifier: Apache-2.0
#include "dialogue.h"

#include <gtest/gtest.h>

namespace stoq::plugins::smtp {
namespace {

using Texts = std::vector<std::string>;

Texts mails(const std::string& text, std::string_view kind) {
  const Container container = open_container(text);
  EXPECT_EQ(container.kind, kind);
  return {container.mails.begin(), container.mails.end()};
}

const std::string kMail = "From: a@b\r\nSubject: s\r\n\r\nbody\r\n";

TEST(SmtpDialogue, AMailAloneIsItself) {
  EXPECT_EQ(mails(kMail, ""), Texts{kMail});
  EXPECT_EQ(mails("\xEF\xBB\xBF\r\n\n" + kMail, ""), Texts{kMail});
  EXPECT_EQ(mails("From here on it is a text: 12 of us in 2020\n", ""),
            Texts{"From here on it is a text: 12 of us in 2020\n"});
  EXPECT_EQ(mails("", ""), Texts{""});
}

TEST(SmtpDialogue, BothSides) {
  const std::string text =
      "220 mx ESMTP\r\nEHLO there\r\n250-mx\r\n250 8BITMIME\r\nMAIL FROM:<a@b> SIZE=1\r\n250 ok\r\n"
      "RCPT TO:<c@d>\r\n250 ok\r\nDATA\r\n354 go on\r\n" +
      kMail + "..dot\r\n.\r\n250 queued\r\nQUIT\r\n221 bye\r\n";
  EXPECT_EQ(mails(text, "smtp"), Texts{kMail + ".dot\r\n"});
  const Container container = open_container(text);
  EXPECT_EQ(container.senders, Texts{"a@b"});
  EXPECT_EQ(container.recipients, Texts{"c@d"});
}

TEST(SmtpDialogue, TheClientsSideAlone) {
  const std::string text = "EHLO x\nMAIL FROM: a@b\nRCPT TO:<c@d>\nDATA\n" + kMail + ".\nQUIT\n";
  EXPECT_EQ(mails(text, "smtp"), Texts{kMail});
  EXPECT_EQ(open_container(text).senders, Texts{"a@b"});
}

TEST(SmtpDialogue, WithoutItsDataCommand) {
  EXPECT_EQ(mails("HELO x\r\n" + kMail, "smtp"), Texts{kMail});
}

TEST(SmtpDialogue, SeveralMailsAndChunks) {
  EXPECT_EQ(mails("EHLO x\nDATA\n" + kMail + ".\nRSET\nDATA\nA: b\n\nc\n.\n", "smtp"),
            (Texts{kMail, "A: b\n\nc\n"}));
  EXPECT_EQ(mails("EHLO x\r\nBDAT 6\r\nA: b\r\n250 ok\r\nBDAT 3 LAST\r\n\r\nc", "smtp"),
            Texts{"A: b\r\n\r\nc"});
  EXPECT_EQ(mails("EHLO x\r\nBDAT 99999999999 LAST\r\nA: b", "smtp"), Texts{"A: b"});
}

TEST(SmtpDialogue, NothingInItIsLeftAsItIs) {
  for (const std::string text : {"220 mx ESMTP\r\n", "DATA\n.\n", "EHLO x\nMAIL FROM:<\n"})
    EXPECT_EQ(mails(text, ""), Texts{text});
}

TEST(SmtpDialogue, Mbox) {
  const std::string line = "From a@b Tue Nov 24 21:18:52 2026\n";
  EXPECT_EQ(mails(line + "A: b\n\nc\n", "mbox"), Texts{"A: b\n\nc\n"});
  EXPECT_EQ(mails(line + "A: b\n\nFrom here at 12:30 we\n\n" + line + "C: d\n\ne\n", "mbox"),
            (Texts{"A: b\n\nFrom here at 12:30 we\n\n", "C: d\n\ne\n"}));
}

}  // namespace
}  // namespace stoq::plugins::smtp
