// SPDX-License-Identifier: Apache-2.0
//
// Bounds: of results, and of time on what a search that looks back again and again dies of.
#include <gtest/gtest.h>

#include <chrono>

#include "found.h"

namespace stoq::plugins::iocextract {
namespace {

std::string repeated(std::string_view unit, std::size_t size) {
  std::string out;
  while (out.size() < size) out += unit;
  return out;
}

// 8 MiB take less than a second; what is quadratic takes hours.
TEST(Hostile, TimeIsLinear) {
  const Whitelist none;
  for (const char* unit : {"a.a.a.",   "com.com.", "http://", "http://a.", "1.2.3.44.",
                           "1234567.", "1:1:1:",   "::",      "aa:",       "aa-",
                           "a@",       "a[at]",    "a@a.",    "a[dot]",    "a-a-",
                           "xn--a-",   "[",        "a",       "a.com@",    "http://a.com/a.com",
                           "http://[", "://",      "_.",      "%"}) {
    const std::string text = repeated(unit, 8 << 20);
    Indicators found(none, 1000);
    const auto start = std::chrono::steady_clock::now();
    extract(text, {few_tlds(), {"py"}}, found);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(30)) << unit;
  }
}

TEST(Hostile, IndicatorsAreCountedBeyondTheMost) {
  std::string text;
  for (int i = 0; i < 1000; ++i) text += "a" + std::to_string(i) + ".com ";
  const Whitelist none;
  Indicators found(none, 10);
  extract(text + text + "1.2.3.4", {few_tlds(), {}}, found);
  EXPECT_EQ(list(found, Kind::domain).size(), 10u);
  EXPECT_EQ(list(found, Kind::domain).back(), "a9.com");
  EXPECT_EQ(found.left_out(Kind::domain), 2u * 990);
  EXPECT_EQ(list(found, Kind::ipv4), std::vector<std::string>{"1.2.3.4"});
  EXPECT_EQ(found.left_out(Kind::ipv4), 0u);
}

TEST(Hostile, TextOfAllIndicatorsIsBounded) {
  std::string text;
  for (int i = 0; i < 2000; ++i)
    text += "http://a.com/" + std::to_string(i) + std::string(4000, 'x') + ' ';
  const Whitelist none;
  Indicators found(none, 100'000);
  EXPECT_EQ(extract(text, {few_tlds(), {}}, found).urls, 0u);
  std::size_t bytes = 0;
  for (const std::string& url : found.of(Kind::url)) bytes += url.size();
  EXPECT_LE(bytes, Indicators::kMaxBytes);
  EXPECT_GT(bytes, Indicators::kMaxBytes - 5000);
  EXPECT_EQ(found.of(Kind::url).size() + found.left_out(Kind::url), 2000u);
}

TEST(Hostile, LongUrlsAreCut) {
  const std::string tail = '/' + std::string(kMaxTail, 'x');
  const Whitelist none;
  Indicators found(none, 10);
  const std::string cut = "http://b.com" + tail;
  EXPECT_EQ(extract("http://a.com/" + tail.substr(2) + ' ' + cut, {few_tlds(), {}}, found).urls,
            1u);
  EXPECT_EQ(list(found, Kind::url),
            (std::vector<std::string>{"http://a.com/" + tail.substr(2),
                                      "http://b.com" + tail.substr(0, kMaxTail)}));
}

}  // namespace
}  // namespace stoq::plugins::iocextract
