// SPDX-License-Identifier: Apache-2.0
#include "passwords.h"

#include <gtest/gtest.h>

namespace stoq::plugins::smtp {
namespace {

using Texts = std::vector<std::string>;

Texts hints(std::string_view text) {
  PasswordHints hints;
  hints.look_at(text);
  return hints.all();
}
std::string first(std::string_view text) {
  const Texts all = hints(text);
  return all.empty() ? "" : all.front();
}

TEST(SmtpPasswords, TheWordBehindThePassword) {
  EXPECT_EQ(first("The password is: s3cret."), "s3cret.");
  EXPECT_EQ(hints("The password is: s3cret.")[1], "s3cret");
  EXPECT_EQ(first("Password - \"4711\""), "4711");
  EXPECT_EQ(first("Archive PASSWORD: 777 thanks"), "777");
  EXPECT_EQ(first("Das Passwort für die Datei lautet „geheim“"), "geheim");
  EXPECT_EQ(first("mot de passe : été"), "été");
  EXPECT_EQ(first("Пароль к архиву: 2024"), "архиву");
  EXPECT_EQ(first("пароль: 2024"), "2024");
  EXPECT_EQ(first("密码：1234"), "1234");
  EXPECT_EQ(first("pw: a&b"), "a&b");
  EXPECT_EQ(first("compass: north, pass: s3cret"), "s3cret");
  EXPECT_EQ(first("Password:\r\n\r\n  next-line\r\nand then"), "next-line");
}

TEST(SmtpPasswords, NoneWhereNoneIsNamed) {
  EXPECT_EQ(hints("Dear all, please find the invoice attached."), Texts());
  EXPECT_EQ(hints("my1password"), Texts{}) << "nothing is behind it";
  EXPECT_EQ(hints("the compassword x"), Texts());
  EXPECT_EQ(hints(""), Texts());
}

TEST(SmtpPasswords, OutOfHtml) {
  PasswordHints hints;
  hints.look_at_html("<html><p>Password:&nbsp;<b>a&amp;b</b></p><p>Regards</p>");
  EXPECT_EQ(hints.all().front(), "a&b");
}

TEST(SmtpPasswords, AreBounded) {
  std::string text;
  for (int i = 0; i < 5000; ++i) text += "password " + std::to_string(i) + "\n";
  EXPECT_EQ(hints(text).size(), 40u);
  EXPECT_EQ(hints("password " + std::string(1000, 'x')), Texts());
}

}  // namespace
}  // namespace stoq::plugins::smtp
