// SPDX-License-Identifier: Apache-2.0
#include "json/canonical.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace stoq::json {
namespace {

using namespace std::string_literals;

// The canonical text, or the message.
std::string canonical(std::string_view text, const Limits& limits = {}) {
  std::string out = "before";
  const Outcome outcome = canonicalise(text, out, limits);
  EXPECT_TRUE(out.starts_with("before"));
  if (outcome) {
    EXPECT_EQ(outcome.message, "");
    return out.substr(6);
  }
  EXPECT_EQ(out, "before") << "a fault must leave the output alone";
  return outcome.message;
}

Fault fault(std::string_view text, const Limits& limits = {}) {
  std::string out;
  return canonicalise(text, out, limits).fault;
}

TEST(Canonical, Layout) {
  EXPECT_EQ(canonical(" {\"a\" :[1,2 , 3],\n\"b\":{ } ,\t\"c\":[\r\n]}\n"),
            R"({"a": [1, 2, 3], "b": {}, "c": []})");
  EXPECT_EQ(canonical(R"({"a":  1,  "b": 2})"), R"({"a": 1, "b": 2})");
  EXPECT_EQ(canonical("[[[]]]"), "[[[]]]");
  EXPECT_EQ(canonical("{}"), "{}");
  EXPECT_EQ(canonical(" true "), "true");
  EXPECT_EQ(canonical("[false,null]"), "[false, null]");
  EXPECT_EQ(canonical(R"("x")"), R"("x")");
}

TEST(Canonical, Strings) {
  EXPECT_EQ(canonical(R"("\u0041\/\u00e9\u20ac\ud83d\ude00")"), "\"A/é€😀\"");
  EXPECT_EQ(canonical(R"("\u0022\u005c\u000a\u000d\u0009\u0008\u000C")"), R"("\"\\\n\r\t\b\f")");
  EXPECT_EQ(canonical(R"("\u0000\u001F\u001f\u007f")"), "\"\\u0000\\u001f\\u001f\x7f\"");
  EXPECT_EQ(canonical("\"\\u2028\x7f\""), "\"\xE2\x80\xA8\x7f\"");
  EXPECT_EQ(canonical(R"("\ud800")"), "\"\uFFFD\"");
  EXPECT_EQ(canonical(R"("\udc00x")"), "\"\uFFFDx\"");
  EXPECT_EQ(canonical(R"("\ud800\n")"), "\"\uFFFD\\n\"");
  EXPECT_EQ(canonical(R"("\ud800\ud83d\ude00")"), "\"\uFFFD😀\"");
  EXPECT_EQ(canonical(R"("\ud800\u0041")"), "\"\uFFFDA\"");
  for (size_t length = 0; length < 70; ++length) {  // an escape at every place of a word
    const std::string plain(length, 'x');
    EXPECT_EQ(canonical('"' + plain + "\\u0041" + plain + "é\""),
              '"' + plain + "A" + plain + "é\"");
    EXPECT_EQ(canonical('"' + plain + "\\\\" + plain + '"'), '"' + plain + "\\\\" + plain + '"');
  }
}

TEST(Canonical, Numbers) {
  const std::pair<const char*, const char*> cases[] = {
      {"0", "0"},
      {"-0", "0"},
      {"-1", "-1"},
      {"12345678901234567890123456789", "12345678901234567890123456789"},
      {"-0.0", "-0.0"},
      {"0.0", "0.0"},
      {"1.0", "1.0"},
      {"1e0", "1.0"},
      {"1E+2", "100.0"},
      {"1.50", "1.5"},
      {"1e-4", "0.0001"},
      {"1e-5", "1e-05"},
      {"1e-7", "1e-07"},
      {"1e15", "1000000000000000.0"},
      {"1e16", "1e+16"},
      {"9999999999999998.0", "9999999999999998.0"},
      {"123456789012345678.0", "1.2345678901234568e+17"},
      {"1e22", "1e+22"},
      {"1e100", "1e+100"},
      {"1.7976931348623157e308", "1.7976931348623157e+308"},
      {"5e-324", "5e-324"},
      {"0.1", "0.1"},
      {"-2.5E-3", "-0.0025"},
      {"1e309", "null"},
      {"-1e309", "null"},
      {"1e99999999999999999999", "null"},
      {"1e-99999999999999999999", "0.0"},
      {"-1e-400", "-0.0"},
      {"0e99999999999999999999", "0.0"},
      {"-0.000e999", "-0.0"},
      {"NaN", "null"},
      {"Infinity", "null"},
      {"-Infinity", "null"},
  };
  for (const auto& [text, wanted] : cases) {
    EXPECT_EQ(canonical(text), wanted) << text;
    EXPECT_EQ(canonical("[\n"s + text + ",1]"), "["s + wanted + ", 1]") << text;
  }
  const std::string digits(10000, '7');
  EXPECT_EQ(canonical(digits), digits);
  EXPECT_EQ(canonical(digits + ".5"), "null");
  EXPECT_EQ(canonical(digits + "e-10000"), "0.7777777777777778");
  EXPECT_EQ(canonical("0." + std::string(10000, '0') + "1e10001"), "1.0");
  EXPECT_EQ(canonical("0." + std::string(10000, '0') + "1e2"), "0.0");
}

TEST(Canonical, SyntaxMessages) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "unexpected end at byte 0, expected a value"},
      {" ", "unexpected end at byte 1, expected a value"},
      {"[1,]", "unexpected ']' at byte 3, expected a value"},
      {"[1 2]", "unexpected '2' at byte 3, expected ',' or ']'"},
      {"[1}", "unexpected '}' at byte 2, expected ',' or ']'"},
      {"[1", "unexpected end at byte 2, expected ',' or ']'"},
      {"[", "unexpected end at byte 1, expected a value"},
      {"{\"a\":1", "unexpected end at byte 6, expected ',' or '}'"},
      {"{\"a\":1]", "unexpected ']' at byte 6, expected ',' or '}'"},
      {"{a:1}", "unexpected 'a' at byte 1, expected a key in double quotes"},
      {"{\"a\":1,}", "unexpected '}' at byte 7, expected a key in double quotes"},
      {"{\"a\" 1}", "unexpected '1' at byte 5, expected ':'"},
      {"{} x", "unexpected 'x' at byte 3, expected the end of the text"},
      {"1 2", "unexpected '2' at byte 2, expected the end of the text"},
      {"tru", "unexpected 't' at byte 0, expected a value"},
      {"01", "unexpected '1' at byte 1, expected the end of the text"},
      {"-", "unexpected end at byte 1, expected a digit"},
      {"+1", "unexpected '+' at byte 0, expected a value"},
      {"1.", "unexpected end at byte 2, expected a digit"},
      {".5", "unexpected '.' at byte 0, expected a value"},
      {"1e+", "unexpected end at byte 3, expected a digit"},
      {"-Inf", "unexpected 'I' at byte 1, expected a digit"},
      {"Inf", "unexpected 'I' at byte 0, expected a value"},
      {"nan", "unexpected 'n' at byte 0, expected a value"},
      {"\"a", "unexpected end at byte 2, expected the '\"' that ends the string of byte 0"},
      {"\"\\", "unexpected end at byte 2, expected the rest of an escape"},
      {"\"\\x\"", R"(unknown escape at byte 1, expected one of \" \\ \/ \b \f \n \r \t \uXXXX)"},
      {"\"\\u12g4\"",
       R"(unknown escape at byte 1, expected one of \" \\ \/ \b \f \n \r \t \uXXXX)"},
      {"\"\\u12\"", R"(unknown escape at byte 1, expected one of \" \\ \/ \b \f \n \r \t \uXXXX)"},
      {"\"a\nb\"", R"(raw control character 0x0a at byte 2, write it as \n)"},
      {"\"a\0b\""s, R"(raw control character 0x00 at byte 2, write it as \u0000)"},
      {"\0"s, "unexpected 0x00 at byte 0, expected a value"},
      {"\xC3\xA9", "unexpected 0xc3 at byte 0, expected a value"},
      {"\xEF\xBB\xBF{}", "unexpected 0xef at byte 0, expected a value"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_EQ(canonical(text), message);
    EXPECT_EQ(fault(text), Fault::syntax) << text;
  }
}

TEST(Canonical, RefusesBadUtf8) {
  EXPECT_EQ(canonical("\"ab\xFF\""), "invalid UTF-8 (0xff) at byte 3, turn bytes into text first");
  EXPECT_EQ(canonical("[\x80]"), "invalid UTF-8 (0x80) at byte 1, turn bytes into text first");
  for (const char* bad : {"\x80", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                          "\xF5\x80\x80\x80", "\xE2\x82", "\xF0\x9F\x98", "\xC3"})
    EXPECT_EQ(fault("\""s + bad + "\""), Fault::utf8);
}

TEST(Canonical, RefusesDuplicateKeys) {
  EXPECT_EQ(canonical(R"({"a": 1, "bc": 2, "a": 3})"),
            R"(duplicate key "a" at byte 18, give each key once)");
  EXPECT_EQ(canonical(R"({"a":1,"\u0061":2})"),
            R"(duplicate key "a" at byte 7, give each key once)");
  EXPECT_EQ(canonical(R"([{"x":{"\n":1,"\u000a":2}}])"),
            R"(duplicate key "\n" at byte 14, give each key once)");
  EXPECT_EQ(canonical(R"({"":1,"":2})"), R"(duplicate key "" at byte 6, give each key once)");
  EXPECT_EQ(canonical(R"({"\ud800":1,"\ufffd":2})"),
            "duplicate key \"\uFFFD\" at byte 12, give each key once");
  EXPECT_EQ(fault(R"({"a":1,"a":2})"), Fault::duplicate_key);
  EXPECT_EQ(canonical(R"({"a":{"a":1},"b":[{"a":1},{"a":2}]})"),
            R"({"a": {"a": 1}, "b": [{"a": 1}, {"a": 2}]})");

  const std::string key = std::string(62, 'k') + "éé";
  EXPECT_EQ(canonical("{\"" + key + "\":1,\"" + key + "\":2}"),
            "duplicate key \"" + std::string(62, 'k') + "... at byte 72, give each key once");
}

TEST(Canonical, FindsTheDuplicateAmongMany) {
  for (const int count : {2, 15, 16, 17, 100, 3000}) {
    for (const int twice : {0, count / 2, count - 1}) {
      std::string text = "{";
      // Alike at both ends, so that only a full comparison tells them apart.
      const auto key = [](int i) { return "\"same-start-" + std::to_string(i) + "-same-end\""; };
      for (int i = 0; i < count; ++i) text += key(i) + ":" + std::to_string(i) + ",";
      const size_t at = text.size();
      EXPECT_EQ(canonical(text + key(count) + ":0}").find("duplicate"), std::string::npos);
      EXPECT_EQ(canonical(text + key(twice) + ":0," + key(twice) + ":0}"),
                "duplicate key " + key(twice) + " at byte " + std::to_string(at) +
                    ", give each key once");
    }
  }
}

TEST(Canonical, SizeCountsOutput) {
  const std::string spaced = "[1" + std::string(1000, ' ') + ", 2]";
  EXPECT_EQ(canonical(spaced, {.max_size = 6}), "[1, 2]");
  EXPECT_EQ(fault(spaced, {.max_size = 5}), Fault::too_large);
  EXPECT_EQ(canonical("[1,2]", {.max_size = 6}), "[1, 2]");
  EXPECT_EQ(canonical("[1,2]", {.max_size = 5}),
            "more than 5 bytes of JSON at byte 5, return less or raise the limit");
  EXPECT_EQ(canonical(R"("\u0041")", {.max_size = 3}), "\"A\"");
  EXPECT_EQ(fault(R"("\u0041")", {.max_size = 2}), Fault::too_large);
  EXPECT_EQ(fault("1e15", {.max_size = 17}), Fault::too_large);
  EXPECT_EQ(canonical("1e15", {.max_size = 18}), "1000000000000000.0");
  EXPECT_EQ(fault("[]", {.max_size = 0}), Fault::too_large);

  // Every cut of a document with all kinds of pieces.
  const std::string text = R"({ "k\u0041y" :[1e5,-0,"x\/y\u00e9"],"z":{},"n":NaN })";
  const std::string whole = canonical(text);
  EXPECT_EQ(whole, "{\"kAy\": [100000.0, 0, \"x/yé\"], \"z\": {}, \"n\": null}");
  for (size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(fault(text, {.max_size = size}), Fault::too_large) << size;
    EXPECT_EQ(fault(whole, {.max_size = size}), Fault::too_large) << size;
  }
  EXPECT_EQ(canonical(text, {.max_size = whole.size()}), whole);
}

TEST(Canonical, DepthCountsOpenBrackets) {
  EXPECT_EQ(canonical("1", {.max_depth = 0}), "1");
  EXPECT_EQ(canonical("[[{}]]", {.max_depth = 3}), "[[{}]]");
  EXPECT_EQ(canonical("[[{}]]", {.max_depth = 2}),
            "more than 2 levels of brackets at byte 2, nest less or raise the limit");
  EXPECT_EQ(fault(std::string(1 << 20, '[')), Fault::too_deep);
  const std::string deep = std::string(1 << 20, '[') + std::string(1 << 20, ']');
  EXPECT_EQ(canonical(deep, {.max_depth = 1 << 20}), deep);
}

// Sorting grows a little faster than the number of keys; comparing each with each would give a
// ratio of 100.
TEST(Canonical, ManyKeysAreNotQuadratic) {
  const auto best = [](int count) {
    std::string text = "{\"\":0", out;
    for (int i = 0; i < count; ++i) text += ",\"same-start-" + std::to_string(i) + "-same-end\":0";
    text += "}";
    auto least = std::chrono::steady_clock::duration::max();
    for (int run = 0; run < 5; ++run) {
      out.clear();
      const auto begin = std::chrono::steady_clock::now();
      EXPECT_TRUE(canonicalise(text, out));
      least = std::min(least, std::chrono::steady_clock::now() - begin);
    }
    return std::chrono::duration<double>(least).count();
  };
  EXPECT_LT(best(100'000) / best(10'000), 60);
}

}  // namespace
}  // namespace stoq::json
