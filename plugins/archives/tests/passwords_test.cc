// SPDX-License-Identifier: Apache-2.0
#include "plugins/archives/passwords.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace stoq::plugins::archives {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Not;

std::vector<std::string> in_text(std::string_view text, size_t most = 300) {
  PasswordList out(most);
  hints_in_text(text, out);
  return out.take();
}

std::vector<std::string> in_name(std::string_view name) {
  PasswordList out(300);
  hints_in_name(name, out);
  return out.take();
}

TEST(Passwords, WhatFollowsTheWordComesFirst) {
  EXPECT_EQ(in_text("Dear all, the password is: 7aB-x9! Regards").at(0), "7aB-x9");
  EXPECT_EQ(in_text("Dear all, the password is: 7aB-x9! Regards").at(1), "7aB-x9!");
  for (const char* text :
       {"Password:abc123", "passwort = abc123", "PW abc123", "Das Kennwort lautet \"abc123\".",
        "contraseña: abc123", "mot de passe : abc123", "пароль abc123", "hasło: 'abc123'"})
    EXPECT_THAT(in_text(text), Contains("abc123")) << text;
}

TEST(Passwords, ThenWordsInQuotesThenThoseWithADigitThenTheOthers) {
  EXPECT_THAT(in_text("open it, use 'secret' or year2024 okay"),
              ElementsAre("secret", "'secret'", "year2024", "open", "use", "okay"));
}

TEST(Passwords, AWordMayHoldWhatElseEndsOne) {
  EXPECT_THAT(in_text("password a=b:c9"), Contains("a=b:c9"));
}

TEST(Passwords, ThereIsAnEndToThem) {
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "word" + std::to_string(i) + " ";
  EXPECT_EQ(in_text(many).size(), 300u);
  EXPECT_THAT(in_text(std::string(70, 'x') + " ab"), ElementsAre());
  EXPECT_THAT(in_text(std::string(1 << 20, ' ') + " late"), Not(Contains("late")));
}

TEST(Passwords, FileNames) {
  EXPECT_EQ(in_name("invoice_pw1234.zip").at(0), "1234");
  EXPECT_EQ(in_name("dir/scan (password 77abc).7z").at(0), "77abc");
  EXPECT_THAT(in_name("infected.zip"), Contains("infected"));
  EXPECT_THAT(in_name("document-2024.doc.zip"), Contains("document-2024"));
  EXPECT_THAT(in_name(""), ElementsAre());
}

}  // namespace
}  // namespace stoq::plugins::archives
