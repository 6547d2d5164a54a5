// SPDX-License-Identifier: Apache-2.0
#include "stoq/sdk/json.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "json/canonical.h"

namespace stoq::sdk {
namespace {

using namespace std::string_literals;

std::string quote(std::string_view text) {
  std::string out = "<";
  append_quoted(out, text);
  EXPECT_EQ(out.front(), '<');
  return out.substr(1);
}

std::string text_of(std::string_view bytes) {
  return text_from_bytes({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
}

TEST(SdkJson, ValidUtf8) {
  for (const auto& good :
       {""s, "plain"s, "\0"s, "é€😀"s, "\u07FF\u0800\uD7FF\uE000\uFFFF\U00010000\U0010FFFF"s})
    EXPECT_TRUE(valid_utf8(good)) << good;
  for (const char* bad : {"\x80", "\xBF", "\xC0\x80", "\xC1\xBF", "\xC2", "\xE0\x9F\xBF",
                          "\xED\xA0\x80", "\xED\xBF\xBF", "\xEF\xBF", "\xF0\x8F\xBF\xBF",
                          "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"})
    for (size_t before = 0; before < 40; ++before) {
      EXPECT_FALSE(valid_utf8(std::string(before, 'x') + bad));
      EXPECT_FALSE(valid_utf8(std::string(before, 'x') + bad + std::string(40, 'x')));
    }
}

TEST(SdkJson, AppendQuoted) {
  EXPECT_EQ(quote(""), "\"\"");
  EXPECT_EQ(quote("a\"b\\c/d"), R"("a\"b\\c/d")");
  EXPECT_EQ(quote("\b\t\n\f\r\x01\x1F\x7F"), "\"\\b\\t\\n\\f\\r\\u0001\\u001f\x7F\"");
  EXPECT_EQ(quote("\0"s), R"("\u0000")");
  EXPECT_EQ(quote("é€😀\u2028"), "\"é€😀\u2028\"");
}

TEST(SdkJson, BadUtf8IsReplacedPerMaximalSubpart) {
  EXPECT_EQ(quote("a\xFF\xFE"), "\"a\uFFFD\uFFFD\"");
  EXPECT_EQ(quote("\xE2\x82x"), "\"\uFFFDx\"");
  EXPECT_EQ(quote("\xF0\x9F\x98"), "\"\uFFFD\"");
  EXPECT_EQ(quote("\xED\xA0\x80"), "\"\uFFFD\uFFFD\uFFFD\"");
  EXPECT_EQ(quote("\xF0\x80\x80\x41"), "\"\uFFFD\uFFFD\uFFFDA\"");
  EXPECT_EQ(quote("\xC0\xAF\xE0\x80\xBF\xF0\x81\x82\x41"),
            "\"\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDA\"");
}

// Word-wise scanning must see every byte at every place, and none behind the end.
TEST(SdkJson, EveryByteAtEveryPlace) {
  for (int value = 0; value < 256; ++value) {
    for (size_t before = 0; before < 36; ++before) {
      const size_t size = before + 1 + (before * 7) % 19;
      const auto exact = std::make_unique<char[]>(size);
      std::fill_n(exact.get(), size, 'x');
      exact[before] = static_cast<char>(value);
      const std::string_view text(exact.get(), size);
      std::string wanted(1, static_cast<char>(value));
      char escape[6];
      if (value >= 0x80)
        wanted = "\uFFFD";
      else if (value < 0x20 || value == '"' || value == '\\')
        wanted.assign(escape, detail::escape_ascii(static_cast<char>(value), escape));
      ASSERT_EQ(quote(text), '"' + std::string(before, 'x') + wanted +
                                 std::string(size - before - 1, 'x') + '"');
    }
  }
}

TEST(SdkJson, TextFromBytes) {
  EXPECT_EQ(text_of(""), "");
  EXPECT_EQ(text_of("Müller €"), "Müller €");
  EXPECT_EQ(text_of("a\0b"s), "a\0b"s);
  EXPECT_EQ(text_of("caf\xE9"), "café");
  EXPECT_EQ(text_of("\x80\x81\x8D\x8F\x90\x9D\x9F\xA0\xFF"),
            "€\uFFFD\uFFFD\uFFFD\uFFFD\uFFFDŸ\u00A0ÿ");
  EXPECT_EQ(text_of("\xEF\xBB\xBFx"), "x");
  EXPECT_EQ(text_of("\xEF\xBB\xBFx\xE9"), "x\uFFFD");
  EXPECT_EQ(text_of("\xEF\xBB\xBF"), "");
  EXPECT_EQ(text_of("\xFF\xFE"), "");
  EXPECT_EQ(text_of("\xFF\xFE"s + "A\0"s), "A");
  EXPECT_EQ(text_of("\xFF\xFE\x01\0"s), "\x01");
  EXPECT_EQ(text_of("\xFF\xFE\x3D\xD8\x00\xDE"s), "😀");
  EXPECT_EQ(text_of("\xFF\xFE\x3D\xD8"s + "A\0"s), "\uFFFDA");
  EXPECT_EQ(text_of("\xFF\xFE\x3D\xD8"s), "\uFFFD");
  EXPECT_EQ(text_of("\xFF\xFE\x00\xDE\x41"s), "\uFFFD\uFFFD");
  EXPECT_EQ(text_of("\xFE\xFF\0A\x20\xAC"s), "A€");
  EXPECT_EQ(text_of("\xFE\xFF\xD8\x3D\xDE\0"s), "😀");
  EXPECT_EQ(text_of("\xFF\xFE\0\0A\0\0\0"s), "A");
  EXPECT_EQ(text_of("\xFF\xFE\0\0\0\xD8\0\0\0\0\x11\0\x41"s), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(text_of("\0\0\xFE\xFF\0\x01\xF6\0"s), "😀");
}

TEST(SdkJson, TextFromUtf16GuessesNothing) {
  const auto text = [](std::string_view bytes) {
    return text_from_utf16({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  };
  EXPECT_EQ(text(""), "");
  EXPECT_EQ(text("A\0\xAC\x20\x3D\xD8\x00\xDE"s), "A€😀");
  EXPECT_EQ(text("\0\0A\0B\0"s), "\0AB"s);
  EXPECT_EQ(text("\xFE\xFF"s + "A\0"s), "\uFFFEA");
  EXPECT_EQ(text("\xFF\xFE\0\0"s), "\uFEFF\0"s);
  EXPECT_EQ(text("A\0\x41"s), "A\uFFFD");
}

// 0x80 to 0x9F of Windows-1252, written out.
TEST(SdkJson, Windows1252) {
  std::string bytes;
  for (int c = 0x80; c < 0xA0; ++c) bytes += static_cast<char>(c);
  EXPECT_EQ(text_of(bytes), "€\uFFFD‚ƒ„…†‡ˆ‰Š‹Œ\uFFFDŽ\uFFFD\uFFFD‘’“”•–—˜™š›œ\uFFFDžŸ");
}

TEST(SdkJson, Writer) {
  JsonWriter json;
  const std::string text = "t";
  json.begin_object()
      .member("text", "a \"quote\"")
      .member("string", text)
      .member("view", std::string_view("v"))
      .member("yes", true)
      .member("int", -7)
      .member("size", size_t{18446744073709551615u})
      .member("least", std::numeric_limits<int64_t>::min())
      .member("double", 1.0)
      .member("small", 1e-7)
      .member("big", 1e16)
      .member("float", 0.5f)
      .member("nan", std::numeric_limits<double>::quiet_NaN())
      .member("infinite", -std::numeric_limits<double>::infinity())
      .member("null", nullptr)
      .member("no_text", static_cast<const char*>(nullptr));
  json.key("list")
      .begin_array()
      .value(1)
      .value("[")
      .value("ends: ")
      .begin_array()
      .end_array()
      .begin_object();
  json.end_object().raw(R"({"x": []})").value(2).end_array();
  json.key("k\n").begin_object().end_object().end_object();
  const std::string wanted =
      R"({"text": "a \"quote\"", "string": "t", "view": "v", "yes": true, "int": -7, )"
      R"("size": 18446744073709551615, )"
      R"("least": -9223372036854775808, "double": 1.0, "small": 1e-07, )"
      R"("big": 1e+16, "float": 0.5, "nan": null, )"
      R"("infinite": null, "null": null, "no_text": null, )"
      R"("list": [1, "[", "ends: ", [], {}, {"x": []}, 2], "k\n": {}})";
  EXPECT_EQ(json.str(), wanted);
  std::string canonical;
  EXPECT_TRUE(stoq::json::canonicalise(json.str(), canonical));
  EXPECT_EQ(canonical, wanted);

  json.clear();
  EXPECT_EQ(json.str(), "");
  EXPECT_EQ(json.value(1).take(), "1");
  EXPECT_EQ(json.value("x").str(), "\"x\"");
}

TEST(SdkJson, ViewKinds) {
  const std::pair<const char*, JsonKind> cases[] = {
      {"null", JsonKind::null},    {"true", JsonKind::boolean},  {"false", JsonKind::boolean},
      {"0", JsonKind::integer},    {"-12", JsonKind::integer},   {"1.5", JsonKind::number},
      {"1e-07", JsonKind::number}, {"\"\"", JsonKind::string},   {"[1]", JsonKind::array},
      {" {} ", JsonKind::object},  {"", JsonKind::missing},      {"nul", JsonKind::missing},
      {"-", JsonKind::missing},    {"x", JsonKind::missing},     {"1x2", JsonKind::missing},
      {"]", JsonKind::missing},    {"truer", JsonKind::missing},
  };
  for (const auto& [text, kind] : cases) EXPECT_EQ(JsonView(text).kind(), kind) << text;
  EXPECT_FALSE(JsonView());
  EXPECT_TRUE(JsonView("null"));
}

TEST(SdkJson, ViewReads) {
  const std::string text =
      R"({"s": "a\"b\u0001é", "i": 42, "big": 99999999999999999999, "d": 1.5, "t": true, "n": null, )"
      R"("list": [1, "two", [3], {"x": "]}"}], "o": {"deep": {"er": [10, 20]}}, "q\"k": 1, "": 2})";
  const JsonView view(text);
  EXPECT_EQ(view.size(), 10u);
  EXPECT_EQ(view["s"].as_string(), "a\"b\x01é");
  EXPECT_EQ(view["i"].int_or(0), 42);
  EXPECT_EQ(view["i"].double_or(0), 42.0);
  EXPECT_EQ(view["big"].int_or(-1), -1);
  EXPECT_EQ(view["big"].double_or(0), 1e20);
  EXPECT_EQ(view["d"].double_or(0), 1.5);
  EXPECT_EQ(view["d"].int_or(-1), -1);
  EXPECT_TRUE(view["t"].bool_or(false));
  EXPECT_EQ(view["n"].kind(), JsonKind::null);
  EXPECT_EQ(view["o"]["deep"]["er"][1].int_or(0), 20);
  EXPECT_EQ(view["q\"k"].int_or(0), 1);
  EXPECT_EQ(view[""].int_or(0), 2);
  EXPECT_EQ(view["list"].text(), R"([1, "two", [3], {"x": "]}"}])");
  EXPECT_EQ(view["list"].size(), 4u);
  EXPECT_EQ(view["list"][3]["x"].as_string(), "]}");
  EXPECT_FALSE(view["list"][4]);
  EXPECT_FALSE(view["list"]["x"]);
  EXPECT_FALSE(view["absent"]["more"][0]);
  EXPECT_FALSE(view[0]);
  EXPECT_EQ(view["i"].as_string(), std::nullopt);
  EXPECT_EQ(view["i"].string_or("other"), "other");
  EXPECT_EQ(view["s"].int_or(5), 5);
  EXPECT_FALSE(view["s"].bool_or(false));
  EXPECT_EQ(view["s"].size(), 0u);
  EXPECT_EQ(view["list"].strings(), std::vector<std::string>{"two"});
  EXPECT_EQ(JsonView(R"("one")").strings(), std::vector<std::string>{"one"});
  EXPECT_TRUE(view["t"].strings().empty());
}

TEST(SdkJson, ViewIterates) {
  std::string seen;
  for (const auto& [key, value] : JsonView(R"({"a": 1, "b\n": [2, 3], "c": {}})").members())
    seen += key + "=" + std::string(value.text()) + ";";
  EXPECT_EQ(seen, "a=1;b\n=[2, 3];c={};");
  seen.clear();
  for (auto element : JsonView(R"([1, "x, y", [], {"k": [1]}])").elements())
    seen += std::string(element.text()) + ";";
  EXPECT_EQ(seen, R"(1;"x, y";[];{"k": [1]};)");
  for (const char* none : {"[]", "{}", "1", "", "\"x\""}) {
    const JsonView view(none);
    EXPECT_TRUE(view.members().begin() == view.members().end()) << none;
    EXPECT_TRUE(view.elements().begin() == view.elements().end()) << none;
  }
  EXPECT_EQ(JsonView(R"(["\u0041\/\ud83d\ude00\ud800"])")[0].as_string(), "A/😀\uFFFD");
}

size_t walk(const JsonView& view, unsigned depth) {
  size_t seen =
      view.string_or("").size() + view.strings().size() + view.size() + view.bool_or(false);
  seen += view.int_or(1) == 0 || view.double_or(1) == 0;
  if (depth == 0) return seen + view["b"].text().size() + view[1].text().size();
  for (const auto& [key, value] : view.members()) seen += key.size() + walk(value, depth - 1);
  for (const auto& value : view.elements()) seen += walk(value, depth - 1);
  return seen;
}

// The text lies in a block of exactly its size, so that the address sanitizer sees the first byte
// too many.
TEST(SdkJson, ViewOnGarbageStaysInside) {
  const std::string text = R"({"a": [1, -2.5e+17, "x\"\\\u00e9\ud83d\ude00"], )"
                           R"("b": {"c": [[], {}, null, true]}, "é": ""})";
  static constexpr std::string_view kBytes = "{}[]\",:\\u09-. tfn\xC3\xFF\0";
  std::mt19937 random(7);
  const auto below = [&](size_t limit) {
    return std::uniform_int_distribution<size_t>(0, limit - 1)(random);
  };
  size_t seen = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string damaged = text;
    for (size_t n = below(4); n > 0; --n)
      damaged[below(damaged.size())] = kBytes[below(kBytes.size())];
    const size_t from = below(4) ? 0 : below(damaged.size()),
                 size = below(damaged.size() - from + 1);
    const auto exact = std::make_unique<char[]>(size);
    std::copy_n(damaged.data() + from, size, exact.get());
    const std::string_view part(exact.get(), size);
    seen += walk(JsonView(part), 4);
    seen += indent(part).size();
  }
  EXPECT_GT(seen, 0u);
  const std::string deep(1 << 20, '[');
  EXPECT_EQ(JsonView(deep).size(), 0u);
  EXPECT_FALSE(JsonView(deep)[0]);
}

TEST(SdkJson, Indent) {
  EXPECT_EQ(
      indent(R"({"a": [1, "x, {y}"], "b": {}, "c": [], "d": {"e": null}})"),
      "{\n    \"a\": [\n        1,\n        \"x, {y}\"\n    ],\n    \"b\": {},\n    \"c\": [],\n"
      "    \"d\": {\n        \"e\": null\n    }\n}");
  EXPECT_EQ(indent("[1, [2]]", 1), "[\n 1,\n [\n  2\n ]\n]");
  EXPECT_EQ(indent("\"\\\"[\""), "\"\\\"[\"");
  EXPECT_EQ(indent("[]"), "[]");
  EXPECT_EQ(indent(""), "");
}

}  // namespace
}  // namespace stoq::sdk
