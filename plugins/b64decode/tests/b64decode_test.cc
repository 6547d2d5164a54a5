// SPDX-License-Identifier: Apache-2.0
//
// The plugin in an engine, as shipped and in the engine's process.
#include <gtest/gtest.h>

#include "support/objects.h"

namespace stoq::test {
namespace {

struct Scanned {
  StoqResponse response;
  std::vector<std::string> contents;  // of what was extracted
};

Scanned scan(const std::string& content, const char* isolation = "process") {
  StoqOptions o = quiet();
  o.plugin_dir_list = {STOQ_PLUGINS};
  o.plugin_opts["b64decode"]["isolation"] = isolation;
  Stoq s(std::move(o));
  Scanned out;
  s.add_plugin("rules", std::make_shared<FunctionDispatcher>([&](Payload& payload, Request&) {
                 if (payload.level == 0) return DispatcherResponse{.plugin_names = {"b64decode"}};
                 out.contents.push_back(text(payload));
                 return DispatcherResponse();
               }));
  out.response = s.scan(content);
  return out;
}

Names errors_of(const Scanned& r) {
  const Names* found = r.response.errors.find("b64decode");
  return found ? *found : Names();
}

TEST(B64Decode, OneExtractionAndNoResult) {
  for (const char* isolation : {"process", "none"}) {
    const Scanned r = scan("VGhpcyBpcyBhIHBheWxvYWQg\r\ndG8gZGVjb2Rl\r\n", isolation);
    EXPECT_EQ(r.contents, Names{"This is a payload to decode"}) << isolation;
    ASSERT_EQ(r.response.results.size(), 2u);
    EXPECT_EQ(r.response.results[1].payload_meta.extra_data.text(), "{}");
    EXPECT_EQ(r.response.results[1].extracted_by, "b64decode");
    EXPECT_FALSE(r.response.results[0].workers.at(0).find("b64decode")) << "a result";
    EXPECT_TRUE(r.response.errors.empty()) << r.response.dumps();
    EXPECT_TRUE(r.response.limits.empty()) << r.response.dumps();
  }
}

TEST(B64Decode, NothingInNothingOut) {
  for (const char* content : {"", "\r\n", "-._!", "===="}) {
    const Scanned r = scan(content);
    EXPECT_EQ(r.response.results.size(), 1u) << content;
    EXPECT_TRUE(r.response.errors.empty()) << r.response.dumps();
  }
}

TEST(B64Decode, TextThatIsCutShortGivesAnErrorAndNoPayload) {
  for (const char* isolation : {"process", "none"}) {
    const Scanned unpadded = scan("Zm9vZg=", isolation);
    EXPECT_EQ(unpadded.response.results.size(), 1u);
    EXPECT_EQ(errors_of(unpadded),
              Names{"worker:failed to scan: b64decode ; StoqPluginException: Incorrect padding: "
                    "the last of 6 "
                    "characters of base64 lack the '=' that fills their group; the text is cut "
                    "short, or is no base64 ; payload " +
                    unpadded.response.results[0].payload_id});
    const Scanned odd = scan(std::string(200'000, 'A') + "\nB", isolation);
    EXPECT_EQ(odd.response.results.size(), 1u);
    EXPECT_EQ(
        errors_of(odd),
        Names{"worker:failed to scan: b64decode ; StoqPluginException: Invalid length: 200001 "
              "characters of base64 are one more than a multiple of 4; the text is cut "
              "short, or is no base64 ; payload " +
              odd.response.results[0].payload_id});
  }
}

TEST(B64Decode, WhatIsBehindThePaddingIsTold) {
  const Scanned r = scan("Zm8=\nZm9vYmFy");
  EXPECT_EQ(r.contents, Names{"fo"});
  EXPECT_EQ(errors_of(r), Names{"the text goes on behind its padding: 8 characters there were not "
                                "decoded"});
}

TEST(B64Decode, ManyChunks) {
  std::string content, expected;
  for (int i = 0; i < 100'000; ++i) content += i % 19 == 18 ? "Zm9v\r\n" : "YmFy";
  for (int i = 0; i < 100'000; ++i) expected += i % 19 == 18 ? "foo" : "bar";
  for (const char* isolation : {"process", "none"}) {
    const Scanned r = scan(content, isolation);
    ASSERT_EQ(r.contents.size(), 1u);
    EXPECT_TRUE(r.contents[0] == expected) << isolation;
  }
}

}  // namespace
}  // namespace stoq::test
