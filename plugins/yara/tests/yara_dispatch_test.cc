// SPDX-License-Identifier: Apache-2.0
#include "dispatch.h"

#include <gtest/gtest.h>

#include "rule_folder.h"
#include "xor_key.h"

namespace stoq::plugins::yara {
namespace {

Dispatch dispatch_of(std::string_view rules, std::string_view content,
                     bool xor_first_match = true) {
  Scanner scanner(rules_of(rules));
  auto result = scanner.scan(bytes(content));
  EXPECT_EQ(result.error, "");
  return dispatch(result.matches, xor_first_match);
}

Texts plugin_names(const Dispatch& dispatch) {
  Texts out;
  for (const auto& [name, meta] : dispatch.plugins) out.push_back(name);
  return out;
}

std::string encode(std::string_view plain, const XorKey& key) {
  std::string out(plain);
  for (std::size_t i = 0; i < out.size(); ++i)
    out[i] = static_cast<char>(out[i] ^ key[i % key.size()]);
  return out;
}

// Hex digits as a hex string of a rule.
std::string hex_string(std::string_view data) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string out = "{";
  for (unsigned char c : data) out += {' ', kDigits[c >> 4], kDigits[c & 15]};
  return out + " }";
}

TEST(Dispatch, PluginMetaAndTags) {
  auto result = dispatch_of(
      "rule r : tag1 tag2 { meta: plugin = \"Test_Dispatch\" strings: $a = \"abc\" condition: $a }",
      "xabc");
  ASSERT_EQ(plugin_names(result), Texts{"test_dispatch"});
  EXPECT_EQ(
      result.plugins[0].second,
      R"({"tags": ["tag1", "tag2"], "namespace": "default", "rule": "r", "meta": {"plugin": "Test_Dispatch"}, )"
      R"("strings": [[1, "$a", "abc"]]})");
  EXPECT_EQ(result.save, std::nullopt);
  EXPECT_EQ(result.problems, Texts());
}

TEST(Dispatch, ListsAreTidiedAndTheLastRuleWins) {
  auto result = dispatch_of(
      "rule a { meta: plugin = \" One ,,TWO, one,\" condition: true }\n"
      "rule b { meta: plugin = \"two\" condition: true }\n"
      "rule c { meta: plugin = \" , \" condition: true }\n"
      "rule d { condition: true }",
      "x");
  ASSERT_EQ(plugin_names(result), (Texts{"one", "two"}));
  EXPECT_NE(result.plugins[0].second.find(R"("rule": "a")"), std::string::npos);
  EXPECT_NE(result.plugins[1].second.find(R"("rule": "b")"), std::string::npos);
}

// 600 000 hits of 8 bytes would be more than a meta may have.
TEST(Dispatch, APayloadFullOfHitsReachesItsWorkers) {
  std::string content;
  for (int i = 0; i < 600'000; ++i) content += "needle\x01\x02";
  const Dispatch full = dispatch_of(
      "rule r { meta: plugin = \"one\" strings: $a = \"needle\\x01\\x02\" condition: $a }",
      content);
  ASSERT_EQ(plugin_names(full), Texts{"one"});
  const std::string& meta = full.plugins[0].second;
  EXPECT_LT(meta.size(), size_t{1} << 20);
  EXPECT_TRUE(meta.ends_with(R"("strings_total": 600000})")) << meta.substr(meta.size() - 60);
  EXPECT_NE(meta.find("[7992, \"$a\""), meta.npos);
  EXPECT_EQ(meta.find("[8000, \"$a\""), meta.npos);
}

TEST(Dispatch, SaveFalse) {
  EXPECT_EQ(dispatch_of("rule r { meta: save = \" False\" condition: true }", "x").save, false);
  EXPECT_EQ(dispatch_of("rule r { meta: plugin = \"a\" save = false condition: true }", "x").save,
            false);
  EXPECT_EQ(dispatch_of("rule r { meta: save = \"true\" condition: true }", "x").save,
            std::nullopt);
  EXPECT_EQ(dispatch_of("rule r { meta: save = true condition: true }", "x").save, std::nullopt);
  EXPECT_EQ(dispatch_of("rule r { meta: save = false condition: false }", "x").save, std::nullopt);
}

TEST(Dispatch, MetasOfTheWrongKindAreProblems) {
  auto result = dispatch_of(
      "rule r { meta: plugin = 7 save = 0 condition: true }\n"
      "rule s { meta: plugin = true condition: true }\n"
      "rule t { meta: plugin = \"t\" condition: true }",
      "x");
  EXPECT_EQ(plugin_names(result), Texts{"t"});
  EXPECT_EQ(result.save, std::nullopt);
  EXPECT_EQ(result.problems,
            (Texts{"yara rule r: meta save must be \"true\" or \"false\"; it is ignored",
                   "yara rule r: meta plugin must be text that names plugins; it is ignored",
                   "yara rule s: meta plugin must be text that names plugins; it is ignored"}));
}

constexpr std::string_view kPlain = "This program";

// $this_prog under 21 at 13, $this_prog_2b under 17,16 at 26.
std::string xor_content() {
  return std::string(13, '.') + encode(kPlain, {21}) + "." + encode(kPlain, {17, 16});
}

std::string xor_rule() {
  return "rule x { meta: plugin = \"xordecode\" xor_plaintext_for_string_this_prog = \"This "
         "program\"\n"
         " xor_plaintext_for_string_this_prog_2b = \"This program\"\n strings: $this_prog = " +
         hex_string(encode(kPlain, {21})) +
         " $this_prog_2b = " + hex_string(encode(kPlain, {17, 16})) + " condition: any of them }";
}

bool has(const Dispatch& dispatch, std::string_view text) {
  return dispatch.plugins.size() == 1 && dispatch.plugins[0].second.find(text) != std::string::npos;
}

TEST(XorKey, FirstMatch) {
  auto result = dispatch_of(xor_rule(), xor_content());
  EXPECT_TRUE(has(result, R"("xorkey": "21"}, "strings")")) << result.plugins[0].second;
  EXPECT_FALSE(has(result, "xor_info"));
}

TEST(XorKey, AllMatches) {
  auto result = dispatch_of(xor_rule(), xor_content(), false);
  EXPECT_TRUE(
      has(result,
          R"("xor_info": [[13, "$this_prog", "21"], [26, "$this_prog_2b", "17,16"]]}, "strings")"))
      << result.plugins[0].second;
  EXPECT_FALSE(has(result, "\"xorkey\""));
}

TEST(XorKey, OfSeveralBytesIsTurnedToTheBeginning) {
  auto rule =
      "rule x { meta: plugin = \"xordecode\" xor_plaintext_for_string_a = \"This program\"\n "
      "strings: $a = " +
      hex_string(encode(kPlain, {17, 16})) + " condition: $a }";
  EXPECT_TRUE(has(dispatch_of(rule, ".." + encode(kPlain, {17, 16})), R"("xorkey": "17,16")"));
  EXPECT_TRUE(has(dispatch_of(rule, "." + encode(kPlain, {17, 16})), R"("xorkey": "16,17")"));
  EXPECT_TRUE(has(dispatch_of(rule, "." + encode(kPlain, {17, 16}), false),
                  R"("xor_info": [[1, "$a", "17,16"]])"));
}

TEST(XorKey, OnlyWhereItMakesSense) {
  auto with = [](const std::string& meta) {
    return "rule x { meta: " + meta + " strings: $a = \"abcdef\" condition: $a }";
  };
  const std::string plugin = "plugin = \"xordecode\" ";
  EXPECT_TRUE(has(dispatch_of(with(plugin + "xor_plaintext_for_string_a = \"`bbddf\""), "abcdef"),
                  R"("xorkey": "1,0")"));
  EXPECT_FALSE(has(dispatch_of(with(plugin + "xor_plaintext_for_string_a = \"short\""), "abcdef"),
                   "xorkey"));
  EXPECT_FALSE(has(dispatch_of(with(plugin + "xor_plaintext_for_string_a = \"abcdef\""), "abcdef"),
                   "xorkey"));
  EXPECT_FALSE(
      has(dispatch_of(with(plugin + "xor_plaintext_for_string_a = \"\""), "abcdef"), "xorkey"));
  EXPECT_FALSE(
      has(dispatch_of(with(plugin + "xor_plaintext_for_string_a = 5"), "abcdef"), "xorkey"));
  EXPECT_FALSE(
      has(dispatch_of(with("plugin = \"other\" xor_plaintext_for_string_a = \"`bbddf\""), "abcdef"),
          "xorkey"));
}

TEST(XorKey, FromTheXorModifier) {
  constexpr std::string_view kRule =
      "rule x { meta: plugin = \"xordecode\" strings: $a = \"This program\" xor(0x00-0xff) ascii "
      "wide condition: $a }";
  EXPECT_TRUE(
      has(dispatch_of(kRule, "...This program" + encode(kPlain, {0x5C})), R"("xorkey": "92")"));
  std::string wide;
  for (char c : kPlain) wide += {c, '\0'};
  EXPECT_TRUE(has(dispatch_of(kRule, "..." + encode(wide, {0x5C}), false),
                  R"("xor_info": [[3, "$a", "92"]])"));
  EXPECT_FALSE(has(dispatch_of(kRule, "This program"), "xorkey"));
}

TEST(XorKey, ReplacesAMetaOfTheSameName) {
  auto result = dispatch_of(
      "rule x { meta: plugin = \"xordecode\" xorkey = \"9\" strings: $a = \"This\" xor(1-255) "
      "condition: $a }",
      encode("This", {7}));
  EXPECT_TRUE(has(result, R"("meta": {"plugin": "xordecode", "xorkey": "7"})"))
      << result.plugins[0].second;
}

TEST(XorKey, AFixedKeyOfTheRuleStays) {
  auto result =
      dispatch_of("rule x { meta: plugin = \"xordecode\" xorkey = 9 condition: true }", "x");
  EXPECT_TRUE(has(result, R"("meta": {"plugin": "xordecode", "xorkey": 9})"));
}

}  // namespace
}  // namespace stoq::plugins::yara
