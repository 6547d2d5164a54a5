// SPDX-License-Identifier: Apache-2.0
#include "http/split.h"

#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>

#include "responses.h"
#include "stoq/sdk/views.h"
#include "support/temporary_directory.h"

namespace stoq::http {
namespace {

using Tree = nlohmann::ordered_json;

std::vector<std::string> documents(std::string_view response) {
  std::vector<std::string> out;
  ResponseText(response).split([&](const auto& document) { out.emplace_back(document.text); });
  return out;
}

// By trees: a full copy for each result of each round of each payload.
std::vector<std::string> by_trees(std::string_view response) {
  const Tree whole = Tree::parse(response);
  std::vector<std::string> out;
  for (const Tree& payload : whole["results"])
    for (const Tree& round : payload["workers"])
      for (const auto& [name, result] : round.items()) {
        Tree copy = whole, one = payload;
        one["workers"] = Tree::array({Tree{{name, result}}});
        copy["results"] = Tree::array({one});
        out.push_back(Json(copy).text());
      }
  return out;
}

StoqResponse sample() {
  StoqResponse r;
  r.scan_id = "the-id";
  r.errors.add("yara", "worker:failed to scan: \"]}, {[");
  r.decorators.emplace_back("jinja", Json("a [text]"));
  r.limits.push_back({"max_recursion", "p", "", 3, 1});
  PayloadResults p;
  p.payload_id = "one";
  p.payload_meta.extra_data = Json{{"filename", "\"workers\": [{}]"}, {"workers", "x"}};
  p.workers = {{{"hash", Json::parse(R"({"a": [1, {"b": "}]"}]})")}, {"with \"quotes\"", Json(3)}},
               {{"hash", Json::parse("[]")}, {"Größe", Json()}}};
  r.results.push_back(p);
  p.payload_id = "nothing was found";
  p.workers = {{}};
  r.results.push_back(p);
  p.payload_id = "three";
  p.workers = {{}, {{"yara", Json::parse("{}")}}};
  r.results.push_back(p);
  return r;
}

TEST(Split, GivesOneDocumentForEachResult) {
  const std::string response = sample().dumps(0);
  const std::vector<std::string> found = documents(response);
  EXPECT_EQ(found.size(), 5u);
  EXPECT_EQ(found, by_trees(response));
}

TEST(Split, IsTrueOfEveryLayoutThatIsJson) {
  const std::string indented = sample().dumps(4);
  std::vector<std::string> found;
  for (const std::string& text : documents(indented)) found.push_back(Json::parse(text).text());
  EXPECT_EQ(found, by_trees(sample().dumps(0)));
}

TEST(Split, NamesThePlugin) {
  std::vector<std::string> names;
  const std::string response = sample().dumps(0);
  ResponseText(response).split([&](const auto& d) { names.emplace_back(d.plugin); });
  EXPECT_EQ(names, (std::vector<std::string>{"hash", "with \"quotes\"", "hash", "Größe", "yara"}));
}

TEST(Split, AResponseWithoutResultsStaysWhole) {
  StoqResponse r = sample();
  for (PayloadResults& p : r.results) p.workers = {{}};
  EXPECT_EQ(documents(r.dumps(0)), std::vector{r.dumps(0)});
  r.results.clear();
  EXPECT_EQ(documents(r.dumps(0)), std::vector{r.dumps(0)});
}

TEST(Split, FindsTimeAndId) {
  const ResponseText text(
      R"({"results": [], "time": "2026-11-24T02:55:10", "scan_id": "x\u0041"})");
  EXPECT_EQ(text.time(), "2026-11-24T02:55:10");
  EXPECT_EQ(text.scan_id(), "xA");
}

TEST(Split, RefusesWhatIsNoResponse) {
  for (const char* text : {"", "[]", "{}", R"({"results": 3, "scan_id": "x"})",
                           R"({"results": []})", R"({"results": [)"})
    EXPECT_EQ(test::error_of<sdk::Error>([&] { ResponseText{text}; }),
              "what is to be saved is no response: it has no results or no scan_id")
        << text;
}

TEST(Split, TakesTimeInProportionToWhatItGives) {
  const auto cost = [](size_t payloads) {
    const std::string response = test::response_text(payloads);
    const auto start = std::chrono::steady_clock::now();
    size_t bytes = 0;
    ResponseText(response).split([&](const auto& d) { bytes += d.text.size(); });
    EXPECT_GT(bytes, payloads * 2 * 300);
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  cost(1000);
  const double small = cost(2000), large = cost(20000);
  EXPECT_LT(large, 40 * small) << small << " s, " << large << " s";
}

TEST(ForPlugin, ReplacesEachPlace) {
  EXPECT_EQ(for_plugin("stoq-{plugin}", "hash"), "stoq-hash");
  EXPECT_EQ(for_plugin("{plugin}{plugin}x", "{plugin}"), "{plugin}{plugin}x");
  EXPECT_EQ(for_plugin("stoq", "hash"), "stoq");
}

}  // namespace
}  // namespace stoq::http
