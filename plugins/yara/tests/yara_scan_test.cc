// SPDX-License-Identifier: Apache-2.0
#include "scan.h"

#include <gtest/gtest.h>

#include <thread>

#include "dispatch.h"
#include "rule_folder.h"

namespace stoq::plugins::yara {
namespace {

using namespace std::string_literals;

std::string worker_json(std::string_view rules, std::string_view content,
                        const ScanOptions& options = {}) {
  Scanner scanner(rules_of(rules));
  auto result = scanner.scan(bytes(content), options);
  EXPECT_EQ(result.error, "");
  return matches_json(result.matches);
}

TEST(Scan, GivesTheMatchAsStoq2Does) {
  EXPECT_EQ(
      worker_json("rule r : t1 t2 { meta: author = \"x\" n = 5 b = true low = -7\n"
                  " strings: $a = \"test\" $b = /est+/ condition: any of them }",
                  "testtest"),
      R"({"matches": [{"tags": ["t1", "t2"], "namespace": "default", "rule": "r", )"
      R"("meta": {"author": "x", "n": 5, "b": true, "low": -7}, )"
      R"("strings": [[0, "$a", "test"], [4, "$a", "test"], [1, "$b", "estt"], [5, "$b", "est"]]}]})");
}

TEST(Scan, NothingMatches) {
  EXPECT_EQ(worker_json("rule r { condition: false }", "x"), R"({"matches": []})");
}

TEST(Scan, EmptyContentIsScanned) {
  EXPECT_EQ(
      matching(rules_of("rule r { condition: filesize == 0 } rule s { condition: filesize > 0 }"),
               ""),
      Texts{"r"});
}

TEST(Scan, OrderIsThatOfTheRules) {
  EXPECT_EQ(
      matching(
          rules_of(
              "rule z { condition: true } rule a { condition: true } rule m { condition: true }"),
          "x"),
      (Texts{"z", "a", "m"}));
}

TEST(Scan, PrivateRulesAndStringsAreAbsent) {
  EXPECT_EQ(
      worker_json("private rule p { condition: true }\n"
                  "rule r { strings: $a = \"x\" $b = \"y\" private condition: p and all of them }",
                  "xy"),
      R"({"matches": [{"tags": [], "namespace": "default", "rule": "r", "meta": {}, )"
      R"("strings": [[0, "$a", "x"]]}]})");
}

TEST(Scan, StringsLimitCountsTheRest) {
  ScanOptions options;
  options.strings_limit = 5;
  Scanner scanner(rules_of("rule r { strings: $a = \"test\" condition: $a }"));
  auto result = scanner.scan(bytes("testtesttesttesttesttesttest"), options);
  ASSERT_EQ(result.matches.size(), 1U);
  EXPECT_EQ(result.matches[0].strings.size(), 5U);
  EXPECT_EQ(result.matches[0].strings_total, 7U);
  EXPECT_TRUE(
      match_json(result.matches[0]).ends_with(R"([16, "$a", "test"]], "strings_total": 7})"));
}

TEST(Scan, EscapesInMetaAndDuplicateMeta) {
  EXPECT_EQ(
      worker_json(
          "rule r { meta: bites = \"\\x41Neato\" d = 1 e = 2 d = \"last\" condition: true }", "x"),
      R"({"matches": [{"tags": [], "namespace": "default", "rule": "r", )"
      R"("meta": {"bites": "ANeato", "d": "last", "e": 2}, "strings": []}]})");
}

TEST(Scan, DataThatIsNoUtf8ComesInHexToo) {
  EXPECT_EQ(worker_json("rule r { meta: m = \"\\xe9\" strings: $a = { E9 0? } $b = \"\xC3\xA9\" "
                        "condition: all of them }",
                        "\xE9\x01 \xC3\xA9"),
            "{\"matches\": [{\"tags\": [], \"namespace\": \"default\", \"rule\": \"r\", \"meta\": "
            "{\"m\": \"\u00e9\"}, "
            "\"strings\": [[0, \"$a\", \"\u00e9\\u0001\"], [3, \"$b\", \"\u00e9\"]], "
            "\"strings_hex\": [\"e901\", null]}]}");
  // Valid UTF-8, but the text loses the byte order mark.
  EXPECT_EQ(worker_json("rule r { strings: $a = { EF BB BF 61 } condition: $a }",
                        "\xEF\xBB\xBF"
                        "a"),
            R"({"matches": [{"tags": [], "namespace": "default", "rule": "r", "meta": {}, )"
            R"("strings": [[0, "$a", "a"]], "strings_hex": ["efbbbf61"]}]})");
}

TEST(Scan, LongDataIsCutAndItsLengthKept) {
  Scanner scanner(rules_of("rule r { strings: $a = /ba{600}/ $b = \"c\" condition: all of them }"));
  auto content = "b" + std::string(600, 'a') + "c";
  auto result = scanner.scan(bytes(content));
  ASSERT_EQ(result.matches.size(), 1U);
  EXPECT_EQ(result.matches[0].strings[0].data.size(), 601U);
  EXPECT_EQ(
      match_json(result.matches[0]),
      R"({"tags": [], "namespace": "default", "rule": "r", "meta": {}, "strings": [[0, "$a", "b)" +
          std::string(511, 'a') + R"("], [601, "$b", "c"]], "strings_length": [601, 1]})");
}

TEST(Scan, StringsWithGapsAndAnonymousOnes) {
  EXPECT_EQ(
      worker_json("rule r { strings: $ = { 61 62 63 [0-1000] 78 79 7A } condition: all of them }",
                  "abc  xyz"),
      R"({"matches": [{"tags": [], "namespace": "default", "rule": "r", "meta": {}, )"
      R"("strings": [[0, "$", "abc  xyz"]]}]})");
}

// Loops for hours.
constexpr const char* kSlow =
    "rule slow { condition: for all i in (0 .. 1000000) : (for all j in (0 .. 1000000) : (i + j >= "
    "0)) }";

TEST(Scan, TimeoutIsAnErrorAndTheScannerStaysUsable) {
  Scanner scanner(rules_of("rule fast { condition: true }\n"s + kSlow));
  ScanOptions options;
  options.timeout_seconds = 1;
  for (int i = 0; i < 2; ++i) {
    auto result = scanner.scan(bytes("x"), options);
    EXPECT_EQ(result.error, "yara timed out after 1 s");
    EXPECT_TRUE(result.matches.empty());
  }
}

TEST(Scan, CancelledBetweenMatchesKeepsWhatWasFound) {
  Scanner scanner(rules_of("rule a { condition: true } rule b { condition: true }"));
  int asked = 0;
  ScanOptions options;
  options.cancelled = [&] { return ++asked > 2; };
  auto result = scanner.scan(bytes("x"), options);
  EXPECT_EQ(result.error, "yara was cancelled");
  EXPECT_EQ(names(result), Texts{"a"});
  EXPECT_EQ(names(scanner.scan(bytes("x"))), (Texts{"a", "b"}));
}

TEST(Scan, CancelledBeforeItBegins) {
  Scanner scanner(rules_of("rule a { condition: true }"));
  ScanOptions options;
  options.cancelled = [] { return true; };
  auto result = scanner.scan(bytes("x"), options);
  EXPECT_EQ(result.error, "yara was cancelled");
  EXPECT_TRUE(result.matches.empty());
}

TEST(Scan, ExceptionOfTheCallerComesThrough) {
  Scanner scanner(rules_of("rule a { condition: true }"));
  int asked = 0;
  ScanOptions options;
  options.cancelled = [&]() -> bool {
    return ++asked > 1 ? throw std::runtime_error("no") : false;
  };
  EXPECT_THROW(scanner.scan(bytes("x"), options), std::runtime_error);
  EXPECT_EQ(names(scanner.scan(bytes("x"))), Texts{"a"});
}

TEST(Scan, TooManyHitsAreNoted) {
  Scanner scanner(rules_of("rule many { strings: $a = \"a\" condition: $a }"));
  ScanOptions options;
  options.strings_limit = 1;
  auto result = scanner.scan(bytes(std::string(1000100, 'a')), options);
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.notes, Texts{"yara stopped looking for $a of rule many after 1000000 hits; make "
                                "the string longer or rarer"});
  ASSERT_EQ(result.matches.size(), 1U);
  EXPECT_EQ(result.matches[0].strings.size(), 1U);
  EXPECT_EQ(result.matches[0].strings_total, 1000000U);
}

TEST(Scan, TenAtOnceOverLargeContents) {
  auto rules = rules_of("rule r { strings: $a = \"needle\" condition: $a }");
  std::string content(std::size_t{60} << 20, 'x');
  content.replace(content.size() - 6, 6, "needle");
  std::vector<std::thread> threads;
  std::vector<std::string> found(10);
  for (std::size_t t = 0; t < found.size(); ++t) {
    threads.emplace_back([&, t] {
      Scanner scanner(rules);
      auto result = scanner.scan(bytes(content));
      found[t] = result.matches.size() == 1 ? std::to_string(result.matches[0].strings[0].offset)
                                            : result.error;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(found, std::vector<std::string>(10, std::to_string(content.size() - 6)));
}

}  // namespace
}  // namespace stoq::plugins::yara
