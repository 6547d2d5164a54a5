// SPDX-License-Identifier: Apache-2.0
//
// The plugin in an engine, as shipped and in the engine's process.
#include <gtest/gtest.h>

#include "support/objects.h"

namespace stoq::test {
namespace {

constexpr const char* kText =
    "see hxxps://EVIL[.]net:8080/x from 10.1.2.3 or 1[.]2[.]3[.]5, setup.py and http://www.w3.org/";

struct Outcome {
  std::string result, error;
};

Outcome scan(const std::string& content, OptionMap options = {}) {
  StoqOptions o = quiet();
  o.plugin_dir_list = {STOQ_PLUGINS};
  o.plugin_opts["iocextract"] = std::move(options);
  const StoqResponse r = Stoq(std::move(o)).scan(content, {.add_start_dispatch = {"iocextract"}});
  Outcome outcome;
  if (const Json* result = r.results.at(0).workers.at(0).find("iocextract"))
    outcome.result = result->text();
  if (const Names* errors = r.errors.find("iocextract")) outcome.error = errors->front();
  return outcome;
}

// Why the plugin does not load, without what the engine says around it.
std::string refusal(OptionMap options) {
  const std::string error = scan("x", std::move(options)).error;
  const std::string before = "cannot be loaded: ";
  const std::size_t from = error.find(before);
  if (from == error.npos) return "loaded: " + error;
  const std::size_t start = from + before.size();
  return error.substr(start, error.rfind(" ; payload ") - start);
}

TEST(IocExtract, AsShipped) {
  for (const char* isolation : {"process", "none"}) {
    const Outcome outcome = scan(kText, {{"isolation", isolation}});
    EXPECT_EQ(outcome.result, R"({"ipv4": ["1.2.3.5"], "domain": ["evil.net"], )"
                              R"("url": ["https://evil.net:8080/x"]})");
    EXPECT_EQ(outcome.error, "");
    EXPECT_EQ(scan("nothing here", {{"isolation", isolation}}).result, "{}");
    EXPECT_EQ(scan("", {{"isolation", isolation}}).result, "{}");
  }
}

TEST(IocExtract, WithoutWhitelist) {
  const Outcome outcome = scan(kText, {{"whitelist_file", ""}, {"file_suffixes", ""}});
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(
      outcome.result,
      R"({"ipv4": ["10.1.2.3", "1.2.3.5"], "domain": ["evil.net", "setup.py", "www.w3.org"], )"
      R"("url": ["https://evil.net:8080/x", "http://www.w3.org/"]})");
}

TEST(IocExtract, OneByteAndManyZeros) {
  for (const std::string& content :
       {std::string("a"), std::string(1, '\0'), std::string(64 << 20, '\0')}) {
    const Outcome outcome = scan(content);
    EXPECT_EQ(outcome.result, "{}");
    EXPECT_EQ(outcome.error, "");
  }
}

TEST(IocExtract, WhatIsLeftOutIsSaid) {
  const Outcome outcome = scan("a.com b.com c.com 1.1.1.1", {{"max_indicators", "1"}});
  EXPECT_EQ(outcome.result, R"({"ipv4": ["1.1.1.1"], "domain": ["a.com"]})");
  EXPECT_EQ(outcome.error,
            "hits of type domain left out: 2; a type has room for max_indicators = 1 distinct "
            "ones, all together for 6 MiB of text");
  EXPECT_EQ(scan("http://a.com/" + std::string(5000, 'x')).error,
            "hits of type url cut to 4096 characters behind the host: 1");
}

TEST(IocExtract, OptionsThatMakeNoSense) {
  const std::string folder = std::string(STOQ_PLUGINS) + "/iocextract/";
  const std::string advice = "; name a text file that can be read";
  EXPECT_EQ(refusal({{"whitelist_file", "/nowhere/w"}}),
            "whitelist_file: /nowhere/w: No such file or directory" + advice);
  EXPECT_EQ(refusal({{"iana_tld_file", "none.txt"}}),
            "iana_tld_file: " + folder + "none.txt: No such file or directory" + advice);
  EXPECT_EQ(refusal({{"iana_tld_file", ""}}),
            "iana_tld_file: " + folder + ": Is a directory" + advice);
  EXPECT_EQ(
      refusal({{"file_suffixes", "py, .sh"}}),
      "file_suffixes: '.sh' is no top-level domain; write them without a dot, such as py, zip");
  EXPECT_EQ(refusal({{"max_indicators", "0"}}),
            "plugin_opts: option 'max_indicators' of plugin 'iocextract': 0 is out of range 1 to "
            "1000000");
}

}  // namespace
}  // namespace stoq::test
