// SPDX-License-Identifier: Apache-2.0
#include "key.h"

#include <gtest/gtest.h>

#include "stoq/sdk/views.h"

namespace stoq::plugins::xordecode {
namespace {

std::string key_of(std::string_view json) {
  return decimals(find_key(json));
}
std::string error_of(std::string_view json) {
  try {
    return "no error, but " + key_of(json);
  } catch (const sdk::Error& e) {
    return e.what();
  }
}
std::string in_meta(std::string_view value) {
  return R"({"yara": {"xordecode": {"tags": [], "meta": {"plugin": "xordecode", "xorkey": )" +
         std::string(value) + R"(}, "strings": [[0, "$a", "x"]]}}})";
}

TEST(Key, NumberListAndText) {
  EXPECT_EQ(key_of(in_meta("65")), "65");
  EXPECT_EQ(key_of(in_meta("[65]")), "65");
  EXPECT_EQ(key_of(in_meta("\"65\"")), "65");
  EXPECT_EQ(key_of(in_meta("[41, 52, 63]")), "41, 52, 63");
  EXPECT_EQ(key_of(in_meta("\"41,52,63\"")), "41, 52, 63");
  EXPECT_EQ(key_of(in_meta("\" 41 , 52,63 \"")), "41, 52, 63");
  EXPECT_EQ(key_of(in_meta("[0, 255]")), "0, 255");
}

TEST(Key, NoneWhereNothingWouldChange) {
  for (const char* json : {"", "{}", R"({"yara": {"xordecode": {}}})"}) EXPECT_EQ(key_of(json), "");
  for (const char* value : {"0", "\"0\"", "\"\"", "\"  \"", "[]", "[0, 0, 0]", "\"0,0\"", "null"})
    EXPECT_EQ(key_of(in_meta(value)), "") << value;
}

TEST(Key, AtAnyDepth) {
  EXPECT_EQ(key_of(R"({"xorkey": 7})"), "7");
  EXPECT_EQ(key_of(R"({"a": [{"b": [[{"xorkey": [7, 8]}]]}], "c": 1})"), "7, 8");
  const size_t depth = 200'000;
  EXPECT_EQ(key_of(std::string(depth, '[') + R"({"xorkey": 9})" + std::string(depth, ']')), "9");
}

TEST(Key, OnlyTheNameOfAMember) {
  EXPECT_EQ(key_of(R"({"a": "xorkey", "b": ["xorkey", 5]})"), "");
  EXPECT_EQ(key_of(R"({"a": "\"xorkey\": 5", "b": "\\", "xorkeys": 5, "Xorkey": 6})"), "");
  EXPECT_EQ(key_of(R"({"a": "{\"xorkey\": 5}", "b": "\\\"", "xorkey": 6})"), "6");
  EXPECT_EQ(key_of(R"({"xor_info": [[13, "$a", "21"]]})"), "");
}

TEST(Key, SeveralMustAgree) {
  EXPECT_EQ(key_of(R"({"a": {"xorkey": 5}, "b": {"xorkey": "5"}, "c": {"xorkey": [5]}})"), "5");
  EXPECT_EQ(key_of(R"({"a": {"xorkey": 0}, "b": {"xorkey": 5}, "c": {"xorkey": ""}})"), "5");
  EXPECT_EQ(error_of(R"({"a": {"xorkey": 5}, "b": {"xorkey": [5, 6]}})"),
            "dispatch_meta holds two keys, 5 and 5, 6; let one rule give xordecode a key for this "
            "payload");
}

TEST(Key, WhatIsNone) {
  const auto expect = [](const char* value, const char* item) {
    EXPECT_EQ(error_of(in_meta(value)),
              "xorkey " + std::string(value) + " in dispatch_meta: '" + item +
                  "' is not a number from 0 to 255; give a number, a list of numbers, or decimals "
                  "with commas such as \"41,52,63\"");
  };
  expect("\"0x15\"", "0x15");
  expect("256", "256");
  expect("[1, 300]", "300");
  expect("-1", "-1");
  expect("65.0", "65.0");
  expect("true", "true");
  expect("\"41,,52\"", "");
  expect("\"41,\"", "");
  expect("\"4 1\"", "4 1");
  expect(R"("b'\\x11\\x10'")", R"(b'\\x11\\x10')");
  expect("[\"41\"]", "\"41\"");
  EXPECT_EQ(error_of(in_meta("{\"xorkey\": 5}")).substr(0, 55),
            "xorkey {\"xorkey\": 5 in dispatch_meta: '{\"xorkey\": 5' is");
  EXPECT_EQ(error_of(in_meta("[[1], 2]")).substr(0, 41),
            "xorkey [[1] in dispatch_meta: '[1' is not");
}

TEST(Key, MessagesAreShort) {
  const std::string text = error_of(in_meta("\"" + std::string(100'000, 'q') + "\""));
  EXPECT_TRUE(text.starts_with("xorkey \"" + std::string(59, 'q') + "... in dispatch_meta: '"))
      << text;
  EXPECT_LT(text.size(), 300u);
  std::string euros;
  for (int i = 0; i < 100; ++i) euros += "\xE2\x82\xAC";
  EXPECT_TRUE(sdk::valid_utf8(error_of(in_meta("\"" + euros + "\""))));
}

TEST(Key, LengthIsBounded) {
  std::string list = "1";
  for (size_t i = 1; i < kMaxKey; ++i) list += ",1";
  EXPECT_EQ(find_key(in_meta("[" + list + "]")).size(), kMaxKey);
  EXPECT_EQ(error_of(in_meta("[" + list + ",1]")),
            "xorkey in dispatch_meta is longer than 65536 bytes; give a shorter one");
}

TEST(Key, TextThatBreaksOff) {
  for (const char* value : {"\"41,\\\"52\"", "[41, 52]", "41", "[]"}) {
    const std::string whole = in_meta(value);
    const size_t begin = whole.find(value);
    for (size_t size = 0; size < whole.size(); ++size) {
      const std::vector<char> exact(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
      const std::string got = error_of({exact.data(), exact.size()});
      if (size <= begin) {
        EXPECT_EQ(got, "no error, but ") << value << size;
      } else {
        EXPECT_TRUE(got.starts_with("xorkey ") || got.starts_with("no error, but ")) << got;
      }
    }
  }
}

}  // namespace
}  // namespace stoq::plugins::xordecode
