// SPDX-License-Identifier: Apache-2.0
//
// The grammar once more, as regular expressions: on any text both find the same.
#include <gtest/gtest.h>
#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>

#include "charset.h"
#include "found.h"

namespace stoq::plugins::iocextract {
namespace {

constexpr int kRandomTexts = 150'000;

std::string sign(const std::string& plain, const std::string& word) {
  const std::string inner = "(?:" + plain + "|" + word + ")";
  return "(?:" + plain + R"(|\[)" + inner + R"(\]|<)" + inner + R"(>|\{)" + inner + R"(\}|\()" +
         inner + R"(\)))";
}

const std::string kDot = sign(R"(\.)", "dot");
const std::string kName = "[a-z0-9][a-z0-9-]{0,62}" + kDot + "(?:[a-z0-9-]{1,63}" + kDot +
                          R"()*(?:xn--p1ai|com|net|co|uk|py)\b)";
const std::string kOctet = "(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]?[0-9])";
const std::string kIpv4 = "(?:" + kOctet + kDot + "){3}" + kOctet;

std::vector<std::string> matches(const std::string& text, const std::string& pattern) {
  RE2::Options options;
  options.set_encoding(RE2::Options::EncodingLatin1);
  options.set_case_sensitive(false);
  static std::map<std::string, std::unique_ptr<RE2>> compiled;
  auto& re = compiled[pattern];
  if (!re) re = std::make_unique<RE2>("(" + pattern + ")", options);
  static const RE2 dot(kDot, options), at(sign("@", "at"), options);
  std::vector<std::string> all;
  re2::StringPiece rest(text);
  // Not FindAndConsume: \b has to see what stands before.
  for (std::size_t from = 0; from < text.size();) {
    re2::StringPiece found;
    if (!re->Match(rest, from, text.size(), RE2::UNANCHORED, &found, 1)) break;
    from = static_cast<std::size_t>(found.data() - text.data()) + found.size();
    std::string item(found);
    RE2::GlobalReplace(&item, dot, ".");
    RE2::GlobalReplace(&item, at, "@");
    std::ranges::transform(item, item.begin(), lower);
    RE2::Replace(&item, "^(?:http|hxxp|meow)(s?)://", R"(http\1://)");
    if (std::ranges::find(all, item) == all.end()) all.push_back(item);
  }
  return all;
}

std::vector<std::string> six_pairs(const std::string& text) {
  std::vector<std::string> all = matches(text, R"(\b[0-9a-f]{2}\b(?:[:-][0-9a-f]{2}\b)*)");
  std::erase_if(all, [](const std::string& pairs) { return pairs.size() != 17; });
  return all;
}

std::vector<std::string> lowered(const Indicators& found, Kind kind) {
  std::vector<std::string> all;
  for (std::string item : found.of(kind)) {
    std::ranges::transform(item, item.begin(), lower);
    if (std::ranges::find(all, item) == all.end()) all.push_back(item);
  }
  return all;
}

// Beyond the length of a label the two differ: a pattern may begin inside of it, behind a hyphen.
bool has_long_label(const std::string& text) {
  static const RE2 label("[A-Za-z0-9-]{64}");
  return RE2::PartialMatch(text, label);
}

// Such hosts have no pattern here.
bool has_ipv6_host(const std::string& text) {
  static const RE2 host(R"(://\[?[A-Fa-f0-9]*:)");
  return RE2::PartialMatch(text, host);
}

std::string any_text(std::mt19937& random) {
  static const std::string kTokens[] = {"a",
                                        "b-c",
                                        "com",
                                        "NET",
                                        "co",
                                        "uk",
                                        "py",
                                        "xn--p1ai",
                                        "Evil",
                                        "1",
                                        "22",
                                        "255",
                                        "256",
                                        "99",
                                        "0",
                                        "01",
                                        "aa",
                                        "0F",
                                        "bb",
                                        ".",
                                        ".",
                                        ".",
                                        ".",
                                        "[.]",
                                        "(dot)",
                                        "{DOT}",
                                        "<.>",
                                        "[.)",
                                        "@",
                                        "@",
                                        "[at]",
                                        "(@)",
                                        "<At>",
                                        "://",
                                        "://",
                                        "http",
                                        "hxxps",
                                        "MEOW",
                                        "/",
                                        ":",
                                        ":",
                                        "-",
                                        "-",
                                        "_",
                                        " ",
                                        " ",
                                        "%",
                                        "?",
                                        "s",
                                        "+",
                                        "[",
                                        "]",
                                        "(",
                                        ")",
                                        "\n",
                                        "a.com",
                                        "b[.]net",
                                        "1.2.3.4",
                                        "255(.)1.0.",
                                        "http://",
                                        "x@",
                                        "00:11:22:aa:BB-cc",
                                        std::string(32, 'd'),
                                        std::string(40, '1'),
                                        std::string(64, 'E')};
  std::string text;
  for (auto size = random() % 24; size > 0; --size) text += kTokens[random() % std::size(kTokens)];
  return text;
}

TEST(Patterns, FindTheSame) {
  std::mt19937 random(1);
  const Whitelist none;
  const std::vector<std::pair<Kind, std::string>> patterns = {
      {Kind::md5, R"(\b[0-9a-f]{32}\b)"},
      {Kind::sha1, R"(\b[0-9a-f]{40}\b)"},
      {Kind::sha256, R"(\b[0-9a-f]{64}\b)"},
      {Kind::ipv4, R"(\b)" + kIpv4},
      {Kind::email, "[a-z0-9_%+-][a-z0-9._%+-]*" + sign("@", "at") + kName},
      {Kind::domain, R"(\b)" + kName},
      {Kind::url, "(?:http|hxxp|meow)s?://(?:" + kName + "|" + kIpv4 +
                      R"()(?:[:/][a-z0-9/:+%._=~&\\#?-]*)?)"}};
  std::map<Kind, std::size_t> hits;
  for (int i = 0; i < kRandomTexts; ++i) {
    const std::string text = any_text(random);
    const bool names = !has_long_label(text);
    Indicators found(none, 100);
    extract(text, {few_tlds(), {}}, found);
    for (const auto& [kind, pattern] : patterns) {
      if (kind >= Kind::email && !names) continue;
      if (kind == Kind::url && has_ipv6_host(text)) continue;
      const std::vector<std::string> expected = matches(text, pattern);
      hits[kind] += expected.size();
      ASSERT_EQ(lowered(found, kind), expected)
          << kKindNames[static_cast<std::size_t>(kind)] << " in: " << text;
    }
    const std::vector<std::string> addresses = six_pairs(text);
    hits[Kind::mac_address] += addresses.size();
    ASSERT_EQ(lowered(found, Kind::mac_address), addresses) << text;
  }
  for (const auto& [kind, pattern] : patterns)
    EXPECT_GT(hits[kind], 1000u) << kKindNames[static_cast<std::size_t>(kind)];
  EXPECT_GT(hits[Kind::mac_address], 1000u);
}

}  // namespace
}  // namespace stoq::plugins::iocextract
