// SPDX-License-Identifier: Apache-2.0
//
// The plugin in an engine, as shipped and in the engine's process: a dispatcher gives it a key.
#include <gtest/gtest.h>

#include "support/objects.h"

namespace stoq::test {
namespace {

struct Scanned {
  StoqResponse response;
  std::vector<std::string> contents;  // of what was extracted

  std::string meta(size_t index) const {
    return std::string(response.results.at(index).payload_meta.extra_data.text());
  }
  Names errors() const {
    const Names* found = response.errors.find("xordecode");
    return found ? *found : Names();
  }
};

Scanned scan(const std::string& content, const Json& meta, const char* isolation = "process",
             Json extra_data = Json::object()) {
  StoqOptions o = quiet();
  o.plugin_dir_list = {STOQ_PLUGINS};
  o.plugin_opts["xordecode"]["isolation"] = isolation;
  Stoq s(std::move(o));
  Scanned out;
  s.add_plugin("rules", std::make_shared<FunctionDispatcher>([&](Payload& payload, Request&) {
                 DispatcherResponse r;
                 if (payload.level > 0) {
                   out.contents.push_back(text(payload));
                 } else {
                   r.plugin_names = {"xordecode"};
                   r.meta = {{"xordecode", meta}};
                 }
                 return r;
               }));
  out.response =
      s.scan(content, {.payload_meta = PayloadMeta{.extra_data = std::move(extra_data)}});
  return out;
}

std::string encoded(std::string text, const std::string& key) {
  for (size_t i = 0; i < text.size(); ++i)
    text[i] = static_cast<char>(text[i] ^ key[i % key.size()]);
  return text;
}

const std::string kText = "This is a text of 31 bytes, all";

TEST(XorDecode, OneByteInEveryForm) {
  ASSERT_EQ(kText.size(), 31u);
  for (const char* isolation : {"process", "none"}) {
    for (const Json& key : {Json(65), Json("65"), Json::parse("[65]")}) {
      const Scanned r = scan(encoded(kText, "A"), Json{{"xorkey", key}}, isolation);
      EXPECT_EQ(r.contents, Names{kText}) << isolation << key.text();
      EXPECT_EQ(r.meta(0), R"({"xorkey": [65]})");
      EXPECT_EQ(r.meta(1), R"({"xorkey": [65]})");
      EXPECT_TRUE(r.response.errors.empty()) << r.response.dumps();
      EXPECT_TRUE(r.response.limits.empty()) << r.response.dumps();
      EXPECT_FALSE(r.response.results[0].workers.at(0).find("xordecode")) << "a result";
    }
  }
}

TEST(XorDecode, RollingKey) {
  for (const Json& key : {Json("41,52,63"), Json::parse("[41, 52, 63]")}) {
    const Scanned r = scan(encoded(kText, ")4?"), Json{{"meta", Json{{"xorkey", key}}}});
    EXPECT_EQ(r.contents, Names{kText});
    EXPECT_EQ(r.meta(0), R"({"xorkey": [41, 52, 63]})");
    EXPECT_EQ(r.meta(1), R"({"xorkey": [41, 52, 63]})");
    EXPECT_EQ(r.response.results.at(1).extracted_by, "xordecode");
  }
}

TEST(XorDecode, WhatElseIsKnownOfTheSourceStays) {
  const Json known =
      Json::parse(R"({"filename": "a \"b\".bin", "xorkey": "old", "n": [1, {"x": null}]})");
  const Scanned r = scan(encoded(kText, "A"), Json{{"xorkey", 65}}, "process", known);
  EXPECT_EQ(r.meta(0), R"({"filename": "a \"b\".bin", "n": [1, {"x": null}], "xorkey": [65]})");
  EXPECT_EQ(r.meta(1), R"({"xorkey": [65]})");
}

TEST(XorDecode, NothingWithoutAKeyOrWithoutContent) {
  for (const Json& meta : {Json::object(), Json{{"xorkey", 0}}, Json{{"xorkey", ""}}}) {
    const Scanned r = scan(kText, meta);
    EXPECT_EQ(r.response.results.size(), 1u);
    EXPECT_EQ(r.meta(0), "{}");
    EXPECT_TRUE(r.response.errors.empty()) << r.response.dumps();
  }
  const Scanned r = scan("", Json{{"xorkey", 65}});
  EXPECT_EQ(r.response.results.size(), 1u);
  EXPECT_EQ(r.meta(0), "{}");
}

TEST(XorDecode, ABadKeyIsAnError) {
  const Scanned r = scan(kText, Json{{"xorkey", "0x15"}});
  EXPECT_EQ(r.response.results.size(), 1u);
  EXPECT_EQ(r.meta(0), "{}");
  EXPECT_EQ(r.errors(),
            Names{"worker:failed to scan: xordecode ; StoqPluginException: xorkey \"0x15\" in "
                  "dispatch_meta: "
                  "'0x15' is not a number from 0 to 255; give a number, a list of numbers, or "
                  "decimals with commas such as \"41,52,63\" ; payload " +
                  r.response.results[0].payload_id});
}

TEST(XorDecode, ManyChunks) {
  std::string content(5'000'003, '\0');
  for (size_t i = 0; i < content.size(); ++i) content[i] = static_cast<char>(i * i >> 7);
  const std::string key =
      "a key of odd length, longer than a block of those that are decoded at once";
  std::string list;
  for (const char c : key) list += (list.empty() ? "" : ",") + std::to_string(int{c});
  for (const char* isolation : {"process", "none"}) {
    const Scanned r = scan(encoded(content, key), Json{{"xorkey", list}}, isolation);
    ASSERT_EQ(r.contents.size(), 1u);
    EXPECT_TRUE(r.contents[0] == content) << isolation;
  }
}

}  // namespace
}  // namespace stoq::test
